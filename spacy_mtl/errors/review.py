"""Texts of errors and warnings of the review of labels."""


class ReviewErrors:
    """E7: review."""

    E700 = (
        "[E700] The review of labels needs scikit-learn and cleanlab, which cannot be imported ({reason}). Install them with: "
        'pip install "spacy-mtl[review]"'
    )
    E701 = (
        "[E701] Cannot find {path}: neither a config (.cfg) nor the folder of a trained pipeline."
    )
    E702 = (
        "[E702] No encoder in {path}: expected a component like tok2vec that others listen to. "
        "Components found: {found}."
    )
    E703 = "[E703] Cannot find the data {path}. Give a data file, or a folder with one file for each task."
    E704 = (
        "[E704] Nothing to review for the task '{task}' in {path}: {rows} rows have a label of it, and "
        "at least {least} and two different labels are needed. Labels found: {labels}."
    )
    E705 = (
        "[E705] {count} of {total} rows of {path} (task '{task}') cannot be read:\n{listed}\n"
        "Correct them, or pass --on-error skip to leave them out."
    )
    E706 = "[E706] Unknown suffix of the output {path}. Expected one of: {expected}."
    E707 = (
        "[E707] The file {path} already exists and is left as it is. Choose another name for --out."
    )
    E708 = (
        "[E708] Nothing to propose from in {path}: no text in it is without a label of the tasks {tasks}. Give "
        "a file with such texts."
    )
    E709 = (
        "[E709] No labels to learn the task '{task}' from. Give labelled rows with --labelled, or a trained "
        "pipeline with a component for the task. Tasks of the pipeline: {found}. Training files in {data}: {files}."
    )
    E710 = "[E710] --whole trains pipelines and needs a config (.cfg) with a component for each task, not {path}."
    E711 = (
        "[E711] Row {row} of the review {path} cannot be used: {reason}. Expected a file that "
        "`mtl review` or its page has written."
    )
    E712 = (
        "[E712] None of the {count} decisions in {path} belongs to a row of {data}. First: {first}. Was "
        "the review made from this data?"
    )
    E713 = "[E713] The data file {path} cannot be corrected: only .jsonl, .csv and .tsv can, also compressed (.gz)."
    E714 = "[E714] No decision in the review {path}: all {count} rows are still to be decided. Nothing is written."
    E715 = "[E715] No {kind} file of the task '{task}' in {path}. Files found for: {found}."
    E716 = "[E716] Invalid value {value} for {name}: expected {expected}."


class ReviewWarnings:
    """W355 to W364: review."""

    W355 = (
        "[W355] The encoder of {path} was trained with labels of '{task}', {seen}: it may know the wrong ones by heart. "
        "The review uses the encoder as it was before it saw any labels ({start}). For more, pretrain the "
        "encoder without labels, name a pipeline of other tasks, or pass a config and --whole."
    )
    W356 = (
        "[W356] Label '{label}' of task '{task}' has {count} rows: too few for {folds} folds, so that some "
        "of its rows are judged by a model that does not know it."
    )
    W357 = "[W357] {count} of {total} rows left out of {path} (task '{task}'), because they are bad:\n{listed}"
