"""Texts of errors in adding a task to a trained pipeline."""


class AddTaskErrors:
    """E46 to E48: adding a task."""

    E460 = (
        "[E460] The pipeline {path} has a component or task with the name '{name}' already. Its components: "
        "{found}. Choose another --name, or rename it there first: nlp.rename_pipe changes a component's name."
    )
    E461 = (
        "[E461] Cannot load the pipeline {path}: {reason}. Give the folder of a trained pipeline, e.g. "
        "training/demo/model-best, or the name of an installed package."
    )
    E462 = (
        "[E462] The pipeline {path} has no component of the factory '{factory}', so that there is no encoder "
        "for the new task to share. Its components: {found}. Start from a pipeline that was trained with "
        "a config of: python -m spacy mtl init-config"
    )
    E463 = (
        "[E463] The folder {path} is not empty, and nothing in it is overwritten. Choose another --output, or "
        "remove the folder."
    )
    E464 = (
        "[E464] The output {path} lies in the folder of the pipeline that the task is added to ({model}). The "
        "trained pipeline stays as it is: choose a folder beside it."
    )
    E465 = "[E465] Invalid value {value!r} for --{name}. It has to be {expected}."
    E466 = (
        "[E466] --rehearse {mode} repeats old data, but there is none to repeat: {reason}. Give it with --old-data "
        "FOLDER (a part of it is enough), or choose --rehearse distill, which needs none."
    )
    E467 = (
        "[E467] No data for the task '{name}' in {path}. Tasks found there: {found}. Correct --name, rename the "
        "files, or name the files themselves instead of the folder."
    )
    E468 = (
        "[E468] Two files with training data of task '{name}': {first} and {second}, which names no split. Join "
        "both, or name one of them instead of the folder."
    )
    E469 = (
        "[E469] No training data for the task '{name}' in {path}: found only files for {found}. Add a file for "
        "train, or one without a split in its name, which is then split."
    )
    E470 = (
        "[E470] Cannot copy the components {names} from {source}: there is none of that name. Its components: "
        "{found}. Correct the list under [initialize] before_init and after_init."
    )
    E471 = (
        "[E471] Cannot copy the component '{name}' from {source}: it does not fit the config ({reason}). Settings "
        "of its model have to be those that it was trained with."
    )
    E472 = (
        "[E472] There is no data in {path} for any task of the pipeline: {tasks}. Tasks found there: {found}. "
        "Correct --old-data, or leave it out."
    )
    E473 = (
        "[E473] The file {path} says nothing about the task '{name}'. Tasks that its labels name: {found}. Correct "
        '--name, or name the task in the labels ("{name}/LABEL") or not at all.'
    )
