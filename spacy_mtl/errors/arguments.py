"""Texts of errors about what a command is asked for."""


class ArgumentErrors:
    """E930: arguments that do not go together, that a config has to bring, or of another type."""

    E930 = (
        "[E930] The config has no [training] block, so that nothing says how to train. Create one that is complete with: "
        "python -m spacy mtl init-config"
    )
    E931 = (
        "[E931] --address names a Ray cluster, which one process does not use. Add --workers with their number, or "
        "leave it out."
    )
    E932 = (
        "[E932] mtl apply reads and writes files, and '-' stands for standard input or output. Name a file or a "
        "folder, or use mtl predict."
    )
    E933 = (
        "[E933] Setting '{setting}' of '{name}' is {value!r}: {expected} is needed, without quotation marks. Correct "
        "it in the config."
    )
