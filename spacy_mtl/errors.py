"""The texts of all errors and warnings, so that each is written once and can be searched for.

E0: names, E1: data files, corpora, samplers and batchers, E2: models and components,
E3: command line. Every text names the part, what was found and what to do.
"""


class Errors:
    E001 = (
        "[E001] Invalid task name: {name!r}. A task name starts with a letter and holds only "
        "letters, digits, '_' and '-' ('/' separates task and label in doc.cats). Rename the "
        "task, its file or the 'task' setting of its component."
    )


class Warnings:
    """Texts of warnings."""
