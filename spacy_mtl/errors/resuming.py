"""Texts of errors and warnings of trainings that are interrupted and go on."""


class ResumingErrors:
    """E80 and E81: the state of a training."""

    E800 = (
        "[E800] The state of the training does not fit component '{name}': {reason}. Restore the config and the data "
        "that the run began with, or start anew."
    )


class ResumingWarnings:
    """W375 to W379: a training that begins or goes on."""
