"""Texts of errors and warnings of jobs over many files."""


class BulkErrors:
    """E775 to E799: jobs over many files."""

    E775 = (
        "[E775] No files to read at {path}: {reason}. Give files that end in .jsonl, .csv, .tsv (also with .gz) "
        "or .parquet, a pattern such as 'data/*.jsonl' in quotes, or a folder with such files."
    )
    E776 = (
        "[E776] Cannot tell the format of {path} by its ending. Give files that end in .jsonl, .csv, .tsv (also "
        "with .gz) or .parquet, or --format jsonl, csv, tsv or parquet."
    )
    E777 = (
        "[E777] {count} files cannot be written to the one file {path}: each has a file of its own in a folder. "
        "Name a folder."
    )
    E778 = (
        "[E778] The output {path} would be of another format than {source}, which is {kind}. What is written has "
        "the format of what is read: end the name in .{kind}, or name a folder."
    )
    E780 = (
        "[E780] Rows {first} to {last} of {path} end their worker each time ({count} times), though none of them "
        "does so alone. The worker may be short of memory. Give the same command again with fewer --workers, "
        "or start anew with a smaller --batch-size. Nothing that is done already is lost."
    )
    E781 = (
        "[E781] Workers end before they have done any work ({count} times in a row): {reason}. Check the free "
        "memory, and that the package spacy_mtl is installed where they run."
    )
    E782 = "[E782] Unknown engine {engine!r}. Choose one of: {known}."
    E783 = (
        "[E783] --address names a Ray cluster, which the engine {engine} does not use. Add --engine ray, or leave "
        "it out."
    )


class BulkReasons:
    """Why a file as a whole or one row cannot be used. They follow the name of the file."""

    NO_FILE = "there is no such file or folder"
    NO_MATCH = "nothing matches the pattern"
    NO_DATA = "the folder holds no such file"
    UTF16 = "it is UTF-16; save it as UTF-8"
    NO_COLUMN = "it has no column '{field}' (its columns: {found}); name the one with the texts with --text-field"
    TWO_COLUMNS = "it has {count} columns '{field}'; rename all but one"
    NO_TEXTS = "its column '{field}' holds {found}, not text"
    TAKEN = "it has the columns {found} already; choose other names for the new ones with --prefix"
    HEADER = "its header is broken: {reason}"
    LONG_ROW = "the row is longer than {limit} bytes"
    LONG_QUOTE = "a quote is not closed within {limit} bytes"
    NULL = "'{field}' is null"
    FAILED = "the pipeline fails on it: {reason}"
    DEADLY = "it ends the worker that reads it ({count} times)"


class BulkWarnings:
    """W370 to W374: jobs over many files."""

    W370 = (
        "[W370] {count} files are left out, because they are of another kind than .jsonl, .csv, .tsv (also with .gz) "
        "and .parquet: {listed}."
    )
    W371 = "[W371] A worker has ended unexpectedly. Its blocks are done again by a new one."
    W372 = (
        "[W372] Rows {first} to {last} of {path} have ended {count} workers. They are tried one by one now, which "
        "takes a while, to find those that do so."
    )
