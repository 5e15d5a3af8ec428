"""The head of a task: a listener or an own encoder, pooling, and an output layer."""

from functools import partial

from spacy.tokens import Doc
from thinc.api import (
    Dropout,
    Maxout,
    Model,
    add,
    chain,
    resizable,
)
from thinc.layers.resizable import resize_model
from thinc.types import Floats2d, FloatsXd

from ..argument_types import checked_types
from ..layers.joint_output import joint_output
from ..layers.linear import output_linear
from ..layers.logits_activation import logits_activation
from ..layers.pool import pool
from ..layers.standardize import standardize
from .resize import resize_columns
from .validation import check_at_least

#: A new label starts this far below the least likely old one, so that it takes nothing from them
#: before it has been learned.
NEW_LABEL_MARGIN = 5.0


@checked_types("spacy_mtl.TaskHead.v1")
def build_task_head_v1(
    *,
    tok2vec: Model[list[Doc], list[Floats2d]],
    exclusive_classes: bool,
    pooling: list[str],
    hidden_width: int = 0,
    maxout_pieces: int = 2,
    standardized: bool = False,
    ngrams: Model[list[Doc], Floats2d] | None = None,
    nO: int | None = None,
) -> Model[list[Doc], Floats2d]:
    """Build the classifier of one task on top of the shared encoder.

    tok2vec (Model[List[Doc], List[Floats2d]]): A listener to the shared encoder, or an encoder of
        the task's own.
    exclusive_classes (bool): One label a document (softmax) or any number (logistic).
    pooling (List[str]): How token vectors become one vector: "mean", "max" or both.
    hidden_width (int): Width of a maxout layer between the pooled vector and the output. 0 for none.
    maxout_pieces (int): Pieces of that layer.
    standardized (bool): Bring the columns of the pooled vector to mean 0 and standard deviation 1, by
        running statistics. The head then learns as fast from columns that vary little.
    ngrams (Optional[Model[List[Doc], Floats2d]]): A linear model over n-grams whose logits are
        added to the head's.
    nO (Optional[int]): Number of labels. Inferred from the data if not set.
    RETURNS (Model[List[Doc], Floats2d]): Probabilities `(n_docs, nO)`. Its backward pass takes the
        gradient of the logits.
    RAISES (ValueError): If a size is out of range or a pooling is unknown.
    """
    check_at_least(0, hidden_width=hidden_width)
    check_at_least(1, maxout_pieces=maxout_pieces)
    width = tok2vec.maybe_get_dim("nO")
    pooled = pool(pooling, width=width)
    n_inputs = pooled.maybe_get_dim("nO")
    dropout: Model[Floats2d, Floats2d] = Dropout(0.0)
    parts: list[Model] = [
        tok2vec,
        pooled,
        *([standardize(n_inputs)] if standardized else []),
        dropout,
    ]
    hidden: Model | None = None
    if hidden_width:
        hidden = Maxout(hidden_width, n_inputs, nP=maxout_pieces, dropout=0.0, normalize=True)
        parts.append(hidden)
        n_inputs = hidden_width
    linear: Model[Floats2d, Floats2d] = resizable(
        output_linear(nO, n_inputs),
        resize_layer=partial(resize_columns, axes={"W": 0, "b": 0}, fill={"b": _new_bias}),
    )
    deep: Model[list[Doc], Floats2d] = chain(*parts, linear)
    if not hidden_width:
        joint_output(deep, reads_alone=ngrams is None)
    logits = deep if ngrams is None else add(deep, ngrams)
    model: Model[list[Doc], Floats2d] = chain(
        logits, logits_activation(exclusive_classes=exclusive_classes)
    )
    model.set_ref("deep", deep)
    model.set_ref("logits", logits)
    model.set_ref("tok2vec", tok2vec)
    model.set_ref("dropout", dropout)
    model.set_ref("hidden", hidden)
    model.set_ref("resizable", linear)
    model.set_ref("output_layer", linear.layers[0])
    model.set_ref("ngrams", ngrams)
    model.attrs["multi_label"] = not exclusive_classes
    model.attrs["resize_output"] = resize_output
    if nO is not None:
        resize_output(model, nO)
    return model


def resize_output(model: Model[list[Doc], Floats2d], nO: int) -> Model[list[Doc], Floats2d]:
    """Give a head more labels. What it predicts for the old ones stays in proportion.

    model (Model[List[Doc], Floats2d]): The head.
    nO (int): The new number of labels.
    RETURNS (Model[List[Doc], Floats2d]): The same head.
    """
    _resize(model, nO)
    ngrams = model.maybe_get_ref("ngrams")
    if ngrams is not None:
        _resize(ngrams, nO)
        ngrams.set_dim("nO", nO, force=True)
    for node in (model.get_ref("deep"), model.get_ref("logits"), model):
        node.set_dim("nO", nO, force=True)
    return model


def _resize(model: Model, nO: int) -> None:
    linear = resize_model(model.get_ref("resizable"), nO)
    linear.set_dim("nO", nO, force=True)
    model.set_ref("output_layer", linear.layers[0])


def _new_bias(biases: FloatsXd) -> float:
    return float(biases.min()) - NEW_LABEL_MARGIN
