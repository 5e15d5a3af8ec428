"""Both sides of the speed benchmark: encoders and pipelines of stock spaCy and of this package."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from importlib.util import find_spec
from typing import Any

import numpy
import spacy
from numpy.testing import assert_allclose
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example
from speed_timing import STOCK, STOCK_OPENBLAS
from thinc.api import Model, fix_random_seed, use_ops

from spacy_mtl.layers.kernels import use_kernels

MODES = ("numpy", "numba")
OURS = tuple(f"ours_{mode}" for mode in MODES)
SIDES = (STOCK, STOCK_OPENBLAS, *OURS)
#: Rows of the table for whole words, as in the encoder that spaCy's documentation shows.
EMBED_SIZE = 2000
#: Width and depth of the encoders that are compared.
SIZES = ((96, 4), (64, 2))
RTOL, ATOL = 1e-4, 1e-4
ENCODER = "spacy_mtl.HashEmbedCNN.v1"
STOCK_ENCODER = "spacy.HashEmbedCNN.v2"


def can_run(side: str) -> bool:
    """Tell whether a side can run here.

    side (str): A name in `SIDES`.
    RETURNS (bool): False if it needs a package that is not installed.
    """
    return side != "ours_numba" or find_spec("numba") is not None


@contextmanager
def conditions(side: str) -> Iterator[None]:
    """Set what distinguishes the sides: stock spaCy's matrix product, and our inner loops.

    side (str): A name in `SIDES`. Stock spaCy as it is installed needs nothing.
    """
    with ExitStack() as stack:
        if side == STOCK_OPENBLAS:
            stack.enter_context(use_ops("numpy", use_blis=False))
        elif side in OURS:
            stack.enter_context(use_kernels(side.removeprefix("ours_")))
        yield


def encoder_config(side: str, width: int, depth: int, **settings: Any) -> dict[str, Any]:
    """Write the config of an encoder.

    side (str): A name in `SIDES`.
    width (int): Its width.
    depth (int): Its number of window layers.
    settings (Any): Further settings of ours.
    RETURNS (Dict[str, Any]): The config.
    """
    return {
        "@architectures": ENCODER if side in OURS else STOCK_ENCODER,
        "width": width,
        "depth": depth,
        "embed_size": EMBED_SIZE,
        "window_size": 1,
        "maxout_pieces": 3,
        "subword_features": True,
        "pretrained_vectors": False if side in OURS else None,
        **settings,
    }


def encoder_settings(width: int, depth: int) -> dict[str, int]:
    """Describe an encoder for a report.

    width (int): Its width.
    depth (int): Its number of window layers.
    RETURNS (Dict[str, int]): Its settings.
    """
    return {"width": width, "depth": depth, "embed_size": EMBED_SIZE}


def make_encoders(width: int, depth: int, docs: Sequence[Doc]) -> dict[str, Model]:
    """Build the encoder of every side that can run, with equal weights, and hold that their output is
    equal.

    width (int): Their width.
    depth (int): Their number of window layers.
    docs (Sequence[Doc]): Some documents.
    RETURNS (Dict[str, Model]): The encoders by side.
    """
    fix_random_seed(0)
    encoders: dict[str, Model] = {}
    for side in filter(can_run, SIDES):
        config = encoder_config(side, width, depth)
        build = spacy.registry.architectures.get(config.pop("@architectures"))
        with conditions(side):
            encoders[side] = build(**config)
            encoders[side].initialize(X=list(docs))
    randomise(encoders[STOCK])
    weights = encoders[STOCK].to_bytes()
    expected = encoders[STOCK].predict(list(docs))
    for side, encoder in encoders.items():
        with conditions(side):
            encoder.from_bytes(weights)
            for found, wanted in zip(encoder.predict(list(docs)), expected, strict=True):
                assert_allclose(found, wanted, rtol=RTOL, atol=ATOL)
    return encoders


def randomise(model: Model) -> None:
    """Move the parameters that start at 0 or 1, where a mistake would not show.

    model (Model): The model to change.
    """
    rng = numpy.random.default_rng(0)
    for node in model.walk():
        for name in node.param_names:
            old: Any = node.get_param(name)
            if (old == old.flat[0]).all():
                new = old + rng.normal(0.0, 0.1, old.shape)
                node.set_param(name, new.astype(old.dtype))


def forget(model: Model) -> None:
    """Empty all caches of a model, by setting its parameters to what they are.

    model (Model): The model.
    """
    for node in model.walk():
        for name in node.param_names:
            node.set_param(name, node.get_param(name))


def make_pipeline(
    side: str,
    tasks: Mapping[str, Sequence[str]],
    width: int,
    depth: int,
    *,
    pooling: Sequence[str] = ("mean",),
    tokenizer: str = "spacy.Tokenizer.v1",
    **settings: Any,
) -> Language:
    """Build a pipeline of a shared encoder and one classifier a task, with random weights.

    side (str): A name in `SIDES`.
    tasks (Mapping[str, Sequence[str]]): The sorted labels of each task.
    width (int): Width of the encoder.
    depth (int): Number of its window layers.
    pooling (Sequence[str]): What our heads read. Those of stock spaCy read the mean.
    tokenizer (str): Registered name of the tokenizer.
    settings (Any): Further settings of our encoder.
    RETURNS (Language): The pipeline.
    """
    fix_random_seed(0)
    ours = side in OURS
    with conditions(side):
        nlp = spacy.blank("en", config={"nlp": {"tokenizer": {"@tokenizers": tokenizer}}})
        config = {"model": encoder_config(side, width, depth, **settings)}
        nlp.add_pipe("multitask_tok2vec" if ours else "tok2vec", name="tok2vec", config=config)
        nlp.initialize()
        for task, labels in tasks.items():
            head = _our_head(width, pooling) if ours else _stock_head(width)
            factory = "textcat_multitask" if ours else "textcat"
            pipe: Any = nlp.add_pipe(factory, name=task, config={"model": head})
            examples = [make_example(nlp, "a word", task, label, labels) for label in labels]
            names = labels if ours else [f"{task}/{label}" for label in labels]
            pipe.initialize(partial(iter, examples), labels=names)
    for _, pipe in nlp.pipeline:
        randomise(pipe.model)  # type: ignore[attr-defined]
    return nlp


def _our_head(width: int, pooling: Sequence[str]) -> dict[str, Any]:
    return {
        "@architectures": "spacy_mtl.TaskHead.v1",
        "exclusive_classes": True,
        "pooling": list(pooling),
        "tok2vec": {"@architectures": "spacy_mtl.Tok2VecListener.v1", "width": width},
    }


def _stock_head(width: int) -> dict[str, Any]:
    return {
        "@architectures": "spacy.TextCatReduce.v1",
        "exclusive_classes": True,
        "use_reduce_first": False,
        "use_reduce_last": False,
        "use_reduce_max": False,
        "use_reduce_mean": True,
        "tok2vec": {"@architectures": "spacy.Tok2VecListener.v1", "width": width},
    }


def make_example(nlp: Language, text: str, task: str, label: str, labels: Sequence[str]) -> Example:
    """Annotate a text for one task.

    nlp (Language): The pipeline whose tokenizer is used.
    text (str): The text.
    task (str): The task.
    label (str): The label that is true.
    labels (Sequence[str]): All labels of the task.
    RETURNS (Example): The example.
    """
    reference = nlp.make_doc(text)
    reference.cats = {f"{task}/{other}": float(other == label) for other in labels}
    return Example(nlp.make_doc(text), reference)


def copy_weights(source: Language, target: Language) -> None:
    """Give a pipeline the weights of another one. Both have tasks of the same names and heads that
    read the mean.

    source (Language): The pipeline to read.
    target (Language): The pipeline to change.
    """
    for name, pipe in source.pipeline:
        model, other = pipe.model, target.get_pipe(name).model  # type: ignore[attr-defined]
        if name == "tok2vec":
            other.from_bytes(model.to_bytes())
            continue
        output, other_output = model.get_ref("output_layer"), other.get_ref("output_layer")
        for key in output.param_names:
            other_output.set_param(key, output.get_param(key).copy())


def check_equal(pipelines: Mapping[str, Language], texts: Sequence[str]) -> None:
    """Hold that pipelines give equal scores.

    pipelines (Mapping[str, Language]): Pipelines by side.
    texts (Sequence[str]): Some texts.
    RAISES (AssertionError): If they do not.
    """
    expected: list[dict[str, float]] | None = None
    for side, nlp in pipelines.items():
        with conditions(side):
            found = [dict(doc.cats) for doc in nlp.pipe(texts)]
        expected = expected or found
        for scores, wanted in zip(found, expected, strict=True):
            if scores.keys() != wanted.keys():
                raise AssertionError(f"{side}: {sorted(scores)} and {sorted(wanted)}")
            values = [scores[key] for key in wanted]
            assert_allclose(values, list(wanted.values()), rtol=RTOL, atol=ATOL, err_msg=side)
