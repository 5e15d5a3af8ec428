"""Texts of errors of pictures and pages."""


class ReportErrors:
    """E64: pages and pictures of embeddings."""

    E640 = (
        "[E640] Pictures and interactive pages need packages that cannot be imported ({reason}). Install "
        'them with: pip install "spacy-mtl[plot]"'
    )
    E641 = (
        "[E641] The page {path} already exists. Choose another name, or allow overwriting with --force "
        "(overwrite=True)."
    )
