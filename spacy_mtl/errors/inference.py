"""Texts of errors of what runs a trained pipeline over files."""


class InferenceErrors:
    """E61 to E63: embeddings, nearest texts and predictions of files."""

    E610 = (
        "[E610] Bad rows in {path}: {count} of {total}.\n{listed}\nCorrect these rows, or leave them out with "
        '--on-error skip (on_error = "skip"). Nothing that is done already is lost.'
    )
    E611 = (
        "[E611] Cannot read {path}: {reason}. Give a file that ends in .jsonl, .csv, .tsv or .txt, also with "
        ".gz, or - for standard input."
    )
    E612 = (
        "[E612] Cannot tell the format of {path} by its ending. Give --format jsonl, csv, tsv or txt "
        '(kind = "jsonl").'
    )
    E613 = (
        "[E613] The table {path} has no column '{field}'. Its columns: {found}. Name the one with the texts: "
        "--text-field NAME."
    )
    E614 = (
        "[E614] Cannot write embeddings to {path}. Give a file that ends in .npy, .parquet or .jsonl, or - for "
        "JSON lines on standard output."
    )
    E615 = (
        '[E615] Files that end in .parquet need the package pyarrow (extra "parquet"), which cannot be '
        'imported: {reason}. Install it with: pip install "spacy-mtl[parquet]", or write .npy or .jsonl.'
    )
    E616 = "[E616] {path} exists already. Choose another name, or overwrite it with --overwrite (overwrite=True)."
    E617 = (
        "[E617] {path} holds the beginning of a run that was interrupted, and this one differs in: {names}. "
        "Give the same model, texts and options to go on with it, or start anew with --overwrite "
        "(overwrite=True)."
    )
    E618 = (
        "[E618] {path}, which holds the beginning of an interrupted run, is damaged: {reason}. Start anew with "
        "--overwrite (overwrite=True)."
    )
    E619 = "[E619] Another process is writing {path}. Wait for it, or choose another name for the output."
    E620 = "[E620] The output {path} is the file that is read. Choose another name."
    E621 = (
        "[E621] The pipeline has no encoder: none of its components writes doc.tensor. Its components: {found}. "
        'Give a pipeline with the component "tok2vec", trained with spacy_mtl.'
    )
    E622 = (
        "[E622] The pipeline has no component of the factory 'textcat_multitask', so that there is nothing to "
        "predict. Its components: {found}."
    )
    E623 = "[E623] The pipeline has no tasks with these names: {missing}. Its tasks: {found}."
    E624 = "[E624] Cannot write {path}: {reason}. Free disk space, check the permissions, or choose another folder."
    E625 = (
        "[E625] Predictions are written as JSON lines, and {path} does not end in .jsonl. Give a file that does, "
        "or - for standard output."
    )
    E626 = "[E626] Invalid value {value!r} for '{name}': it has to be {expected}."
    E627 = (
        "[E627] A process that works on the texts has ended unexpectedly ({error}). It may have been short of "
        "memory: run the command again with a smaller --batch-size or --n-process."
    )
    E628 = (
        "[E628] Cannot read the embeddings {path}: {reason}. Make them with: python -m spacy mtl embed MODEL "
        "TEXTS OUT"
    )
    E629 = (
        "[E629] The embeddings {path} do not fit: {reason}. Make them anew with this model and these texts, "
        "or leave them out."
    )
    E630 = (
        "[E630] Cannot read the index {path}: {reason}. Make it anew with: python -m spacy mtl similar MODEL "
        "CORPUS QUERY --save-index {path}"
    )
    E631 = (
        "[E631] The index {path} was made with another model. Name that one, or make the index anew from its "
        "texts with --save-index."
    )
    E632 = (
        "[E632] There is no text in {path}. Give a file with at least one text that is not empty."
    )
    E633 = "[E633] No query. Give one or more texts after the corpus, or --queries FILE (- for standard input)."
    E634 = (
        '[E634] Nothing to predict. Give a file with texts, - for standard input, or --text "...".'
    )
    E635 = "[E635] --text and a file with texts cannot be given together. Leave one of them out."
