"""Texts of errors and warnings of trainings that are interrupted and go on."""


class ResumingErrors:
    """E80 and E81: the state of a training."""

    E800 = (
        "[E800] The state of the training does not fit component '{name}': {reason}. Restore the config and the data "
        "that the run began with, or start anew with --force."
    )
    E801 = (
        "[E801] The folder {path} holds an unfinished run (step {step:,}, epoch {epoch}). Go on with --resume, "
        "choose another folder, or start anew and overwrite it with --force."
    )
    E802 = (
        "[E802] The run in {path} cannot be resumed, because files that it learns from differ:\n{listed}\n"
        "Restore them, or start anew with --force."
    )
    E803 = (
        "[E803] The run in {path} cannot be resumed, because it would not go on as it began with other versions:\n"
        "{listed}\nInstall those that it began with, or start anew with --force."
    )
    E804 = (
        "[E804] The run in {path} cannot be resumed: its first {batches:,} batches, drawn again, are not those that it "
        "has learned from. Check that the reader and the batcher of the config draw from seeded generators only, "
        "or start anew with --force."
    )
    E805 = (
        "[E805] The run in {path} cannot be resumed: it was started by spacy train, which does not write down how "
        "its batches were drawn, and something other than the order of the texts has drawn from Python's random "
        "numbers (or [training] seed is null). Start anew with mtl train, which does."
    )
    E806 = (
        "[E806] Logger 'spacy_mtl.MultitaskLogger.v1' cannot write the state of the training (save_state = true): it "
        "gets to know the optimizer from components of spacy_mtl, and none has learned. Train with mtl train, or set "
        "save_state = false."
    )


class ResumingWarnings:
    """W375 to W379: a training that begins or goes on."""

    W375 = "[W375] The pipelines of an earlier run in {path} are replaced."
    W376 = (
        "[W376] The log {path} lacks lines: it has {found:,} bytes, and had {size:,} when the state of the training was "
        "written. The run goes on, and what is missing stays so."
    )
