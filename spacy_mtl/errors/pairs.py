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
