"""Texts of errors of writing to a disk."""


class FaultErrors:
    """E88: a disk that does not take what is to be written."""

    E885 = (
        "[E885] Cannot write the folder {path}: {reason}. What was there before is unchanged. Free disk space, check "
        "the permissions, or choose another folder."
    )
    E886 = (
        "[E886] Cannot write {path}: it is {found}, and a complete file could only replace it. Name a file in a "
        "folder."
    )
