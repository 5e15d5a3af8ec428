"""Texts of errors about tuners of embeddings."""


class TunerErrors:
    """Texts of errors, numbers from 550."""

    E550 = "[E550] {name}: invalid value {value!r} for '{setting}': it has to be {expected}."
    E551 = (
        "[E551] {n_rows} rows of X and {n_labels} labels y: there has to be one label for each row."
    )
    E552 = (
        "[E552] y[{row}] is {found!r}. As the first row is a dict, every row has to be one of labels with "
        'numbers from 0 to 1, e.g. {{"urgent": 1, "billing": 0}}; leave out the labels that are unknown.'
    )
    E553 = (
        "[E553] {name}: labels have to be classes, one for each row (texts or whole numbers, None where "
        "unknown), or a dict for each row ({{label: 0 or 1}}, unknown ones left out). Found: {found}."
    )
    E554 = (
        "[E554] {name}: y has {n_classes} class, and two are needed. Found: {classes}. Give rows of "
        "another class, or name all of them in partial_fit(..., classes=...)."
    )
    E555 = (
        "[E555] {name}: y has classes that the first call did not name: {found}. Known: {classes}. Start anew "
        "with fit, or name all classes in the first call: partial_fit(X, y, classes=...)."
    )
    E556 = (
        "[E556] {name}: X1 and X2 are the two sides of pairs, so they need the same shape, and y one score for "
        "each pair. Found: X1 {first}, X2 {second}, y {scores}."
    )
    E557 = (
        "[E557] ContrastiveLearner: {loss!r} needs scores from -1 to 1 (as labels: 1 for alike, 0 for not). "
        'Found: {lowest} to {highest}. Rescale y, or set loss="cosent", which reads only the order of scores.'
    )
    E558 = (
        '[E558] ContrastiveLearner: loss="in_batch" learns from pairs that are alike, and no score in y is '
        'above 0.5. Give such pairs, or set loss="cosine" or "cosent".'
    )
    E559 = "[E559] partial_fit of {name} needs classes=... in its first call: all labels that may come."
    E560 = (
        "[E560] {name}: labels were one class for each row in one call and a dict for each row in the other. "
        "Give the same kind as in the first call, or call fit to start anew."
    )
    E561 = (
        "[E561] {name} requires y to be passed, but the target y is None. Call fit with embeddings and "
        "labels, or with pairs and scores."
    )


class TunerWarnings:
    """Texts of warnings, numbers from 335."""

    W335 = (
        "[W335] {name}: nothing to learn from, so transform gives what it gave before. There have to be rows "
        "that are alike and, but for those, rows that are not: two rows of one label, one of another."
    )
