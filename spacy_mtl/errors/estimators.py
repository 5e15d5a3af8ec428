"""Errors of the estimators in scikit-learn's form."""


class EstimatorErrors:
    """Texts of errors, E525 to E549."""

    E525 = (
        "[E525] {name} needs scikit-learn, which cannot be imported ({error}). Install the extra 'sklearn': "
        'pip install "spacy-mtl[sklearn]"'
    )
    E526 = (
        "[E526] X has to be texts, one a row, and is {found}. Pass a list, a column of a table (X['text']) or "
        "another iterable of strings."
    )
    E527 = "[E527] Row {row} of X is no text: {found}. Rows are counted from 0. Fill it in or leave it out."
    E528 = (
        "[E528] X has {n_texts} rows and y{task} has {n_labels}. Every text needs one entry, None where its label "
        "is unknown."
    )
    E529 = "[E529] Found no text with a known label for {tasks}. At least one is required, of each of two classes."
    E530 = (
        "[E530] All {rows} known labels of {task} are of one class, {label!r}. A classifier needs rows of at least "
        "two classes; partial_fit needs to be told of them, in classes."
    )
    E531 = (
        "[E531] The labels of {task} are of several kinds ({kinds}). Use one: a value a row, a list of labels a "
        "row, values by label a row, or a table of 0 and 1 with a column per label."
    )
    E532 = "[E532] Row {row} of y cannot be learned from ({task}): {reason}"
    E533 = (
        "[E533] The label {label!r} of {task} cannot be used: its text is empty, not valid Unicode, or that of "
        "another label too. Rename it."
    )
    E534 = "[E534] {estimator} cannot use {name} = {value!r}. Expected {expected}."
    E535 = "[E535] {estimator} has neither a model nor labels to train one. Set model to a trained pipeline, or pass y."
    E537 = (
        "[E537] The pipeline's task '{task}' {found}, but y is given {given}. Give it in the form that the task was "
        "trained on, or under another name."
    )
    E538 = (
        "[E538] output_dim = {output_dim} is too large for a projection of {n_texts} texts of width {width} by "
        "PCA, which finds {largest} directions at most. Choose a smaller one, or pass more texts."
    )
    E539 = '[E539] projection = "learned" learns from labels. Pass y, or choose projection = "pca".'
    E540 = "[E540] {estimator} requires y to be passed, but the target y is None."
    E541 = "[E541] y has labels of task '{task}', which the classifier has not learned. Its tasks: {found}."
    E542 = (
        "[E542] The component '{name}' of the pipeline is disabled, and is needed here. Enable it with "
        "nlp.enable_pipe('{name}'), or load the pipeline without disable."
    )
