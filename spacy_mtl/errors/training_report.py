"""Texts of errors of the training report."""


class TrainingReportErrors:
    """E74: training report."""

    E740 = (
        "[E740] No trained pipeline in {path}: expected {path}/model-best or {path}/model-last. Give the "
        "output folder of: python -m spacy train"
    )
    E741 = "[E741] {path} names no folder with data. Give it with --data DATA."
    E742 = "[E742] The data folder {path}, which {config} names, is not there. Give it with --data DATA."
    E743 = "[E743] No {split} data in {path} for any task of the pipeline. Tasks with data there: {found}."
    E744 = "[E744] No {path}, which the logger spacy_mtl.MultitaskLogger.v1 writes while a pipeline is trained."
    E745 = "[E745] {path} has no evaluation by tasks: it is no log of spacy_mtl.MultitaskLogger.v1."
    E746 = (
        "[E746] The pipeline {path} has no component of the factory '{factory}', so that there is no task to "
        "report on. Its components: {found}."
    )
    E747 = "[E747] Unknown format {name!r} of a report. Choose one of: {known}."
    E748 = (
        "[E748] Task '{task}' cannot be left out: the pipeline would have no task. A config with two tasks or "
        "more is needed."
    )
    E749 = "[E749] The pipeline {path} has the tasks {found}, and none of these: {tasks}."
