"""Texts of errors of the command line."""


class CliErrors:
    """E3: command line."""

    E301 = (
        "[E301] No data for the tasks {tasks} in {path}. Tasks found there: {found}. Correct the names "
        "or add files, e.g. {path}/train/TASK.jsonl."
    )
    E302 = (
        "[E302] No {split} data in {path} for the tasks: {tasks}. Every task needs a train and a dev "
        "file. Add them, or split a file with: python -m spacy mtl convert --help"
    )
    E303 = (
        "[E303] Nothing to learn for the task '{task}': all {rows} training rows have the same "
        "annotation. Labels found: {labels}. Add rows with another label, or remove the task's files."
    )
    E304 = (
        "[E304] The dev data of the task '{task}' has labels that its training data has not: {found} "
        "(first in {path}:{line}). Labels in the training data: {labels}. Correct the rows, or add "
        "training rows with the label."
    )
    E305 = (
        "[E305] A task cannot have the name '{name}': a part of every pipeline has it, so that one "
        "would overwrite the other when the pipeline is saved. Rename the task's files."
    )
    E306 = (
        "[E306] The file {path} already exists. Choose another name, pass --force to overwrite it, or "
        "--keep to leave it as it is."
    )
    E307 = (
        "[E307] Unknown language '{lang}': {reason}. Use a two-letter code that spaCy knows, "
        "e.g. --lang en, or --lang xx for many languages."
    )
    E308 = (
        "[E308] Cannot find the word vectors '{name}': neither an installed package nor a folder. "
        "Install the package (python -m spacy download {name}) or give the path of a saved pipeline."
    )
    E309 = (
        "[E309] Cannot find the raw text {path}. Collect it with: python -m spacy mtl raw-text DATA "
        "OUTPUT.jsonl"
    )
    E310 = "[E310] Cannot find the config file {path}. Create one with: python -m spacy mtl init-config"
    E311 = (
        "[E311] The config has no component of the factory '{factory}' for the tasks: {tasks}. "
        "Tasks in the config: {found}."
    )
    E312 = (
        "[E312] Task '{task}': no training documents are annotated for it in the corpus '{corpus}' of "
        "the config. Tasks found: {found}. Check [paths] and the names of the files."
    )
    E313 = (
        "[E313] Invalid value {value!r} for the setting '{name}' in [training]: single-task baselines "
        "share the budget of the multi-task training, so it has to be a positive number of steps."
    )
    E320 = (
        "[E320] The pipeline {path} has no component of the factory '{factory}', so that there is no "
        "task to compare. Its components: {found}."
    )
    E321 = (
        "[E321] No pipeline of a single task in {path}. Expected {path}/TASK/model-best for the tasks "
        "{tasks}. Train them with: python -m spacy mtl baselines CONFIG {path}"
    )
    E322 = (
        "[E322] No {split} data in {path} for any task of the pipeline: {tasks}. Tasks with {split} "
        "data there: {found}."
    )
    E350 = "[E350] --resume goes on with an unfinished run and --force overwrites it: give one of them, not both."
