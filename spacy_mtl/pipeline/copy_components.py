"""Start a training from the components of a trained pipeline, with settings of their own."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from spacy.language import Language
from spacy.util import load_model

from ..argument_types import checked_types
from ..errors import Errors
from ..util import listing


@checked_types("spacy_mtl.copy_components.v1")
def create_copy_components_v1(
    source: str, components: list[str], shared: bool = False
) -> Callable[[Language], None]:
    """Create the callback for `[initialize] before_init` and `after_init` that copies components from a trained
    pipeline. spaCy's own `source = "PIPELINE"` copies their settings too; with this callback the
    config states them, so that any can be changed, and a pipeline that is saved can be trained
    again with its own config.

    Both places are needed: before, so that components which are not trained are there when the
    others look for them, and after, because initialization draws the weights anew.

    source (str): Folder or package of the trained pipeline.
    components (List[str]): The components to copy. They have the same names in both pipelines.
    shared (bool): Copy the vocabulary and the tokenizer too: in `before_init`, where no text
        has been read yet.
    RETURNS (Callable[[Language], None]): The callback, see `copy_components`.
    """
    return partial(copy_components, source=source, components=components, shared=shared)


def copy_components(
    nlp: Language, *, source: str, components: Sequence[str], shared: bool = False
) -> None:
    """Copy the state of components from a trained pipeline: weights, labels and what else they save.

    nlp (Language): The pipeline to copy to.
    source (str): Folder or package of the trained pipeline.
    components (Sequence[str]): Names of the components.
    shared (bool): Copy the vocabulary and the tokenizer too.
    RAISES (ValueError): If the pipeline cannot be loaded, or a component is missing or does not fit.
    """
    base = load_trained(source)
    missing = [name for name in components if name not in base.component_names]
    if missing:
        found = listing(base.component_names)
        raise ValueError(Errors.E470.format(names=listing(missing), source=source, found=found))
    if shared:
        nlp.vocab.from_bytes(base.vocab.to_bytes())
        tokenizer: Any = nlp.tokenizer
        tokenizer.from_bytes(base.tokenizer.to_bytes(exclude=["vocab"]))  # type: ignore[union-attr]
    for name in components:
        pipe: Any = nlp.get_pipe(name)
        trained: Any = base.get_pipe(name)
        # A function can be a component, too, and has no state.
        if not hasattr(trained, "to_bytes"):
            continue
        try:
            pipe.from_bytes(trained.to_bytes(exclude=["vocab"]), exclude=["vocab"])
        # Each kind of component fails in its own way where shapes or parts differ.
        except Exception as error:
            reason = f"{type(error).__name__}: {error}"
            text = Errors.E471.format(name=name, source=source, reason=reason)
            raise ValueError(text) from error


def load_trained(source: str) -> Language:
    """Load a trained pipeline.

    source (str): Its folder, or the name of an installed package.
    RETURNS (Language): The pipeline.
    RAISES (ValueError): If there is none, or it cannot be loaded.
    """
    try:
        return load_model(source)
    # Damaged files fail in msgpack, JSON or NumPy, each with its own error.
    except Exception as error:
        text = Errors.E461.format(path=source, reason=str(error).strip() or type(error).__name__)
        raise ValueError(text) from error
