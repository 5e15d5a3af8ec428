"""Texts of errors about pairs of texts and what learns from them."""


class PairErrors:
    """Texts of errors, numbers from 575."""

    E575 = (
        "[E575] Component '{name}': a pair of task '{task}' has the score {score:g}{text}, outside of the range "
        "from {lowest:g} to {highest:g}. Correct the score, or set score_min and score_max of "
        "[components.{name}] to the range of the data."
    )
    E576 = (
        "[E576] Component '{name}': the training data has no pairs of task '{task}'. Tasks with data: {found}. "
        'Add rows with "text1", "text2" and "score", or correct task in [components.{name}].'
    )
    E577 = (
        "[E577] Component '{name}' learns from pairs of texts, and the data of task '{task}' has labels: "
        '{found}. Use factory = "textcat_multitask" for this task, or give it rows with "text1", "text2" and "score".'
    )
    E578 = (
        "[E578] Component '{name}': no pair of task '{task}' has both its texts in the training data. Both need "
        "the same key '{task}/pair:id' in their cats."
    )
    E579 = (
        "[E579] Task '{task}': all pairs of texts have the score {score:g}, so that there is nothing to learn. Add "
        "pairs with other scores."
    )
    E580 = (
        "[E580] {path}: task '{task}' has both pairs of texts and rows with labels ({labels}). Give the pairs a task "
        "of their own, in a file of its name."
    )
    E585 = (
        "[E585] {estimator}: {left} texts on one side and {right} on the other. A pair is made of the two texts that "
        "stand at the same place."
    )
    E586 = (
        "[E586] {estimator}: y has to hold one finite number for each of the {n} pairs: a score of any range, or 1 "
        "for alike and 0 for not; found {found}."
    )
    E587 = (
        "[E587] {estimator}: y = None says that all pairs are alike, which only loss = 'in_batch' can learn from. "
        "Found loss = {loss!r}."
    )
    E588 = "[E588] {estimator}: there are no pairs to learn from. Give at least one."
    E589 = (
        "[E589] {estimator}: all pairs have the score {score:g}, so that there is nothing to compare. Add others, or "
        "use loss = 'in_batch' with pairs that are all alike."
    )
    E590 = (
        "[E590] {estimator}: the score {score:g} is outside of the range from {lowest:g} to {highest:g} that the "
        "first pairs had. Give score_range for all that will come."
    )
    E591 = (
        "[E591] {estimator}: no two texts (n_samples={n}) have a label in common, so that no pairs can be drawn. "
        "Give some label to two texts or more."
    )
    E592 = "[E592] {estimator}: {texts} texts and {labels} labels. Each text needs one, or None."
    E593 = "[E593] {estimator}: score_range has to be two numbers, the lower one first, found {found!r}."
    E594 = (
        "[E594] {estimator} requires y to be passed, but the target y is None. Give a label for each text, or None "
        "for those whose label is unknown."
    )
    E595 = (
        "[E595] {path} holds pairs of texts, and a task is added with labels. To teach a trained pipeline which texts are "
        "alike, use EncoderLearner(MODEL).fit(texts1, texts2, scores) of spacy_mtl.sklearn, or put the file beside "
        "those of the other tasks and train anew (init-config)."
    )


class PairWarnings:
    """Texts of warnings, numbers from 340."""

    W340 = (
        "[W340] Component '{name}': {count} of {total} texts of a batch are sides of pairs whose other side is not in "
        "the batch, and teach nothing. Use the batcher spacy_mtl.batch_by_task.v1, which keeps pairs together, and "
        "accumulate_gradient = 1."
    )
