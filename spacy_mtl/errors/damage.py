"""Texts of errors in files that are damaged."""


class DamageErrors:
    """E90: what cannot be read, or is not what was saved."""

    E900 = (
        "[E900] Component '{name}' cannot be loaded: a file in {path} is damaged, missing or of another component "
        "({reason}). Copy the folder again, or save the pipeline again."
    )
    E901 = (
        "[E901] Component '{name}' cannot be loaded: {path} is not the file that was saved, as it does not fit "
        "the checksum beside it. Copy the folder again, or save the pipeline again. If you have replaced the file "
        "on purpose, remove {checksum}."
    )
    E904 = (
        "[E904] Cannot load the pipeline {path}: its config names half a character ({found}), which is no text. "
        "Correct or remove it."
    )
    E903 = (
        "[E903] The vectors in {path} are damaged: {what} are expected, found {found}. Copy the folder again, or "
        "make it again."
    )
    E902 = (
        "[E902] Cannot load the pipeline {path}: {reason}. A file of it may be damaged or missing. Copy the folder "
        "again, or save the pipeline again."
    )
