"""Errors of pipelines that go on learning, and of encoders that move from one pipeline to another."""


class UpdatingErrors:
    """Texts of errors, E435 to E459."""

    E435 = (
        "[E435] Component '{name}' cannot rehearse: it listens to an encoder that has kept nothing of what it "
        "was. The encoder has to be a component 'multitask_tok2vec' and the listener a "
        "'spacy_mtl.Tok2VecListener.v1'. Call nlp.resume_training() while the encoder is enabled, and again "
        "whenever parts of the pipeline have been added or replaced."
    )
