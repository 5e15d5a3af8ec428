"""Texts of errors about transformers."""


class TransformerErrors:
    """E49: a transformer as the encoder."""

    E490 = (
        "[E490] A transformer as the encoder needs the packages of the extra 'transformers', which cannot be "
        'imported: {reason}. Install them: pip install "spacy-mtl[transformers]" (on a machine without a GPU '
        "install PyTorch's build for the CPU first: it is much smaller)."
    )
    E491 = (
        "[E491] The transformer cannot split texts into pieces: {reason}. Most likely its pieces were not loaded. "
        "Name the model that they belong to in [initialize.components.tok2vec.loader] "
        '(@misc = "spacy_mtl.PretrainedTransformer.v1").'
    )
    E492 = (
        "[E492] The piece encoder has at least {found} pieces, but the transformer has room for "
        "{vocab_size} only. Set vocab_size in [components.tok2vec.model] to the size of the pieces' vocabulary, "
        "or load the pieces that belong to the model."
    )
    E493 = "[E493] Unknown kind {kind!r} of transformer in [components.tok2vec.model]. Choose one of: {kinds}."
    E494 = (
        "[E494] window = {window} and stride = {stride} in [components.tok2vec.model] do not fit: window may be "
        "512 at most, and stride no larger than window."
    )
    E495 = (
        "[E495] width = {width} of the transformer cannot be divided among n_heads = {n_heads}. Correct "
        "[components.tok2vec.model]: the numbers have to be those of the model that is loaded."
    )
    E496 = (
        "[E496] A loader for transformers was given to a model '{found}', which is none. Remove "
        "[initialize.components.tok2vec.loader], or set "
        '@architectures = "spacy_mtl.TransformerTok2Vec.v1" in [components.tok2vec.model].'
    )
    E497 = (
        "[E497] {options} cannot be combined with --backbone transformer, whose sizes and words come from the "
        "model that is loaded. Leave this out, or use the backbone 'cnn'."
    )
    E498 = (
        "[E498] The transformer '{name}' was not found: {reason}. Give a folder with the model's files, as "
        "Hugging Face's libraries save it, or the name of a model on their Hub, which has to be reached."
    )
    E499 = (
        "[E499] The weights in {path} do not fit the transformer in [components.tok2vec.model]: {reason}. Set "
        "kind and sizes to what the model's config.json says."
    )
    E501 = (
        "[E501] --transformer names a model, but the backbone is 'cnn'. Add --backbone transformer, or leave "
        "--transformer out."
    )
    E502 = "[E502] Unknown backbone {backbone!r}. Choose 'cnn' or 'transformer'."
