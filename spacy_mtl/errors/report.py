"""Texts of errors of pictures and pages."""


class ReportErrors:
    """E64: pages and pictures of embeddings."""

    E640 = (
        "[E640] Pictures and interactive pages need packages that cannot be imported ({reason}). Install "
        'them with: pip install "spacy-mtl[plot]"'
    )
    E641 = (
        "[E641] The file {path} already exists. Choose another name, or allow overwriting with --force "
        "(overwrite=True)."
    )
    E642 = (
        '[E642] method = "umap" needs the package umap-learn, which cannot be imported ({reason}). Install it with: '
        'pip install umap-learn. Or choose method = "pca".'
    )
    E643 = '[E643] A picture of embeddings has no method {found!r}. Choose one of: "pca", "umap".'
    E644 = (
        "[E644] Embeddings {name!r}: expected an array with a row for each text, of shape (n, width) with n and "
        "width of 1 or more, and found shape {shape}."
    )
    E645 = (
        "[E645] Embeddings {name!r}: {count} of {total} rows hold numbers that are not finite, the first is row "
        "{row}. Leave them out."
    )
    E646 = (
        "[E646] A picture of embeddings: there are {expected} embeddings, but {found} {name}. Give one of them for "
        "each embedding, in the same order."
    )
    E647 = (
        "[E647] A picture of embeddings cannot be written to {path}: its name has to end in .html (to explore), "
        ".png or .svg (to show)."
    )
    E648 = '[E648] UMAP needs 4 or more texts, and there are {found}. Add texts, or choose method = "pca".'
    E649 = (
        "[E649] {path} holds data of no single task, as far as can be seen: the pipeline has the tasks {tasks}. Choose "
        "one with --task (task=...)."
    )
    E650 = "[E650] The pipeline {path} has no task {task!r}. Its tasks are: {tasks}. Correct --task (task=...)."
    E651 = (
        "[E651] The pipeline {path} gives no embeddings: none of its components {found} writes doc.tensor, as "
        "'multitask_tok2vec' and 'tok2vec' do. Name a pipeline with an encoder."
    )
    E652 = "[E652] Cannot find the data {path}. Name a folder with data files, a data file, or a file with raw texts."
    E653 = '[E653] A picture of embeddings cannot be coloured by {found!r}. Choose one of: "gold", "predicted".'
    E654 = "[E654] There is no text in {path}. Add texts, or name another file."
    E655 = (
        "[E655] {path} has no labels of the task {task!r} to colour by. Choose --colour predicted, or name a file "
        "with labels."
    )
