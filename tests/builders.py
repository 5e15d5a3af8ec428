"""Small pipelines, examples and probes that many tests use."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy
import spacy
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example
from spacy.vectors import Vectors
from thinc.api import Adam, Model, Optimizer, fix_random_seed

WIDTH = 8
ENCODER = {
    "@architectures": "spacy_mtl.HashEmbedCNN.v1",
    "width": WIDTH,
    "depth": 1,
    "embed_size": 60,
    "maxout_pieces": 2,
}
SENTIMENT = [
    ("a good film", {"sentiment/positive": 1.0}),
    ("a great film", {"sentiment/positive": 1.0}),
    ("really lovely acting", {"sentiment/positive": 1.0}),
    ("a bad film", {"sentiment/negative": 1.0}),
    ("an awful waste of time", {"sentiment/negative": 1.0}),
    ("really boring acting", {"sentiment/negative": 1.0}),
]
TOPIC = [
    ("the actor and the plot", {"topic/film": 1.0}),
    ("the scene of the year", {"topic/film": 1.0}),
    ("the battery and the screen", {"topic/phone": 1.0}),
    ("the charger of the year", {"topic/phone": 1.0}),
]
TAGS = [
    ("fast and cheap", {"tags/fast": 1.0, "tags/cheap": 1.0}),
    ("fast but expensive", {"tags/fast": 1.0, "tags/cheap": 0.0}),
    ("slow but cheap", {"tags/fast": 0.0, "tags/cheap": 1.0}),
    ("slow and expensive", {"tags/fast": 0.0, "tags/cheap": 0.0}),
]
Rows = Iterable[tuple[str, Mapping[str, float]]]


def listener(width: int = WIDTH, upstream: str = "tok2vec") -> dict[str, Any]:
    """The config of a listener."""
    return {
        "@architectures": "spacy_mtl.Tok2VecListener.v1",
        "width": width,
        "upstream": upstream,
    }


def ngrams(**settings: Any) -> dict[str, Any]:
    """The config of a head's n-gram part."""
    return {"@architectures": "spacy_mtl.NgramLinear.v1", "rows": 500, **settings}


def head(*, multi_label: bool = False, **settings: Any) -> dict[str, Any]:
    """The config of a head's model."""
    return {
        "@architectures": "spacy_mtl.TaskHead.v1",
        "exclusive_classes": not multi_label,
        "pooling": ["mean", "max"],
        "tok2vec": listener(),
        **settings,
    }


def add_encoder(nlp: Language, name: str = "tok2vec", **settings: Any) -> Any:
    """Add the shared encoder to a pipeline."""
    config = {"model": {**ENCODER, **settings}}
    return nlp.add_pipe("multitask_tok2vec", name=name, config=config)


def add_task(
    nlp: Language,
    name: str,
    *,
    multi_label: bool = False,
    model: Mapping[str, Any] | None = None,
    **settings: Any,
) -> Any:
    """Add the component of a task, a listener by default, to a pipeline."""
    config = {
        "multi_label": multi_label,
        "model": head(multi_label=multi_label, **(model or {})),
        **settings,
    }
    return nlp.add_pipe("textcat_multitask", name=name, config=config)


def make_pipeline(*tasks: str, **settings: Any) -> Language:
    """A pipeline with the shared encoder and single-label tasks, not initialized."""
    nlp = spacy.blank("xx")
    add_encoder(nlp)
    for task in tasks:
        add_task(nlp, task, **settings)
    return nlp


def make_three_tasks(lang: str) -> Language:
    """A pipeline with an encoder with n-grams and three tasks, the last with several labels a text, initialized."""
    nlp = spacy.blank(lang)
    add_encoder(nlp, ngram_width=3, ngram_rows=60)
    add_task(nlp, "sentiment")
    add_task(nlp, "topic")
    add_task(nlp, "tags", multi_label=True, model={"ngrams": ngrams(char_max=4)})
    initialize(nlp, [*SENTIMENT, *TOPIC, *TAGS])
    return nlp


def make_examples(nlp: Language, rows: Rows) -> list[Example]:
    """Examples whose reference has the annotations."""
    examples = []
    for text, cats in rows:
        reference = nlp.make_doc(text)
        reference.cats = dict(cats)
        examples.append(Example(nlp.make_doc(text), reference))
    return examples


def initialize(nlp: Language, rows: Rows, *, seed: int = 0) -> Optimizer:
    """Initialize a pipeline, its output layers too: they start at 0, where no gradient passes."""
    fix_random_seed(seed)
    examples = make_examples(nlp, rows)
    optimizer = nlp.initialize(lambda: examples)
    rng = numpy.random.default_rng(seed)
    for _, pipe in nlp.pipeline:
        for node in pipe.model.walk():
            for name in node.param_names:
                # The statistics of "standardize" are no weights.
                if node.name != "standardize" and not numpy.any(node.get_param(name)):
                    shape = node.get_param(name).shape
                    node.set_param(name, rng.normal(0.0, 0.5, shape).astype("f"))
    return optimizer


def make_trained(
    *tasks: str, rows: Rows, n_steps: int = 30, learn_rate: float = 0.02, **settings: Any
) -> Language:
    """A pipeline that has learned its rows."""
    nlp = make_pipeline(*tasks, **settings)
    train(nlp, rows, n_steps=n_steps, learn_rate=learn_rate)
    return nlp


def train(
    nlp: Language, rows: Rows, *, n_steps: int = 30, learn_rate: float = 0.02
) -> dict[str, float]:
    """Initialize a pipeline and train it on all rows at once. Returns the last step's losses."""
    fix_random_seed(0)
    rows = list(rows)
    nlp.initialize(lambda: make_examples(nlp, rows))
    optimizer = Adam(learn_rate)
    losses: dict[str, float] = {}
    for _ in range(n_steps):
        losses = {}
        step(nlp, make_examples(nlp, rows), optimizer, losses=losses)
    return losses


def step(nlp: Language, examples: list[Example], optimizer: Optimizer, **settings: Any) -> None:
    """One training step, as spaCy's training loop takes it."""
    exclude = settings.get("exclude", ())
    nlp.update(examples, sgd=False, **settings)  # type: ignore[arg-type]
    for name, pipe in nlp.pipeline:
        if name not in exclude:
            pipe.finish_update(optimizer)
    optimizer.step_schedules()


def weights_of(model: Model) -> list[numpy.ndarray]:
    """Copies of all parameters."""
    return [
        node.get_param(name).copy()
        for node in model.walk()
        for name in node.param_names
        if node.has_param(name)
    ]


def same_weights(first: list[numpy.ndarray], second: list[numpy.ndarray]) -> bool:
    """Whether two models have the same parameters, bit by bit."""
    pairs = zip(first, second, strict=True)
    return all(numpy.array_equal(a, b) for a, b in pairs)


class Recorder:
    """Stands for an optimizer: keeps the gradients and changes nothing."""

    def __init__(self) -> None:
        self.gradients: dict[tuple[int, str], numpy.ndarray] = {}

    def __call__(self, key: tuple[int, str], weights: Any, gradient: Any) -> tuple[Any, Any]:
        self.gradients[key] = gradient.copy()
        gradient[:] = 0.0
        return weights, gradient

    def of(self, model: Model) -> list[numpy.ndarray]:
        """The gradients of a model, in the order of its parameters; zeros where there was none."""
        return [
            self.gradients.get((node.id, name), numpy.zeros_like(node.get_param(name)))
            for node in model.walk()
            for name in node.param_names
        ]


def gradients(nlp: Language, examples: list[Example], **settings: Any) -> Recorder:
    """The gradients of all components for a batch."""
    recorder = Recorder()
    nlp.update(examples, sgd=False, **settings)  # type: ignore[arg-type]
    for _, pipe in nlp.pipeline:
        pipe.finish_update(recorder)
    return recorder


def scores_of(nlp: Language, texts: Iterable[str]) -> numpy.ndarray:
    """All scores of some texts."""
    return numpy.asarray([list(doc.cats.values()) for doc in nlp.pipe(texts)])


def numeric_gradient(
    loss: Callable[[], float], array: numpy.ndarray, direction: numpy.ndarray, eps: float = 1e-3
) -> float:
    """The derivative of a loss with respect to an array it reads, in a direction."""
    start = array.copy()
    array[...] = start + eps * direction
    above = loss()
    array[...] = start - eps * direction
    below = loss()
    array[...] = start
    return (above - below) / (2 * eps)


def words(nlp: Language, *texts: str) -> list[Doc]:
    """Docs of texts, split at spaces."""
    return [Doc(nlp.vocab, words=text.split()) for text in texts]


def make_vectors(*names: str, width: int = 5, mode: str = "default", seed: int = 0) -> Language:
    """A pipeline that only has word vectors. Those in floret mode are made for any word."""
    nlp = spacy.blank("xx")
    rng = numpy.random.default_rng(seed)
    if mode == "floret":
        data = rng.normal(size=(50, width)).astype("f")
        settings = {"mode": mode, "hash_count": 2, "minn": 2, "maxn": 3}
        nlp.vocab.vectors = Vectors(strings=nlp.vocab.strings, data=data, name="test", **settings)
    else:
        data = rng.normal(size=(len(names), width)).astype("f")
        nlp.vocab.vectors = Vectors(
            strings=nlp.vocab.strings, data=data, keys=list(names), name="test"
        )
    return nlp
