"""Errors of pipelines that go on learning, and of encoders that move from one pipeline to another."""


class UpdatingErrors:
    """Texts of errors, E435 to E459."""

    E435 = (
        "[E435] Component '{name}' cannot rehearse: it listens to an encoder that has kept nothing of what it "
        "was. The encoder has to be a component 'multitask_tok2vec' and the listener a "
        "'spacy_mtl.Tok2VecListener.v1'. Call nlp.resume_training() while the encoder is enabled, and again "
        "whenever parts of the pipeline have been added or replaced."
    )
    E436 = "[E436] Cannot compute scores of tasks that the pipeline does not have: {missing}. Its tasks: {found}."
    E437 = (
        "[E437] The pipeline has no enabled component 'textcat_multitask' for the tasks: {unknown}. Its tasks: "
        "{found}. Add one with nlp.add_pipe and initialize it, or correct the name."
    )
    E438 = (
        "[E438] Component '{name}' has no weights yet, and a few rows do not tell which labels there are. "
        "Initialize the pipeline first: nlp.initialize(lambda: examples), with examples of every label, or load "
        "a trained one."
    )
    E439 = "[E439] Row {number} of task '{task}' cannot be learned from: {reason}"
    E440 = "[E440] Cannot find the encoder {path}. Save one with: python -m spacy mtl save-encoder MODEL {path}"
    E441 = "[E441] The encoder {path} is damaged: {reason}. Save it again, or copy it again."
    E442 = (
        "[E442] {path} holds weights without a config, as spacy pretrain writes them. Name the file in "
        "[initialize] init_tok2vec, and save the encoder of the trained pipeline with: python -m spacy mtl "
        "save-encoder MODEL OUTPUT"
    )
    E443 = "[E443] {path} is not the file of an encoder. Save one with: python -m spacy mtl save-encoder MODEL OUTPUT"
    E444 = (
        "[E444] The encoder {path} is of version {found}, and this version of spacy-mtl reads version {expected}. "
        "Upgrade spacy-mtl."
    )
    E445 = (
        "[E445] Cannot save an encoder that has no weights yet. Initialize it first (nlp.initialize), or load a "
        "trained pipeline."
    )
    E446 = (
        "[E446] The encoder {path} reads word vectors of width {expected}, and those of the vocabulary have width "
        "{found} (0: there are none). They are not saved with the encoder: load the pipeline that has them, or "
        "its vectors, first. In a config, name them in [initialize] vectors."
    )
    E447 = (
        "[E447] The encoder {path} does not fit component '{name}': {reason}. Give the component the settings of "
        "the saved encoder."
    )
    E448 = (
        "[E448] Cannot find {wanted} in the pipeline. Encoders: {found}. Name the one that is meant, or add one: "
        "nlp.add_pipe('multitask_tok2vec', name='tok2vec')."
    )
    E449 = (
        "[E449] {path} does not hold the config of the encoder, because it was saved from a model outside a "
        "pipeline. Load it into a pipeline that has such an encoder, or save it again with config = ..."
    )
    E450 = "[E450] {path} exists already. Choose another name, or overwrite it with --force."
