"""One number for all dropout: which share of it each place of a model gets."""

from thinc.api import Model

#: What a node's attribute says about where it is.
PLACE = "dropout_place"
#: Rate of each place at `drop_mult = 1`, a strong setting: those that AWD-LSTM and ULMFiT (Merity et al. 2017,
#: Howard & Ruder 2018) have for embedding, input, between layers, output, and in the classifier.
RATIOS = {
    "embed": 0.05,
    "mix": 0.4,
    "window": 0.3,
    "ngrams": 0.4,
    "pooled": 0.4,
    "hidden": 0.1,
}
#: The place of nodes that do not say, as those of another library's encoder.
DEFAULT_PLACE = "window"
#: No place drops more than this.
MAX_RATE = 0.9
RATE = "dropout_rate"
#: The rate of nodes that are left alone unless the one number is set.
OWN_RATE = "own_dropout_rate"


def mark_dropout(model: Model, place: str) -> Model:
    """Say where in the pipeline the dropout of a model is.

    model (Model): The model.
    place (str): The place, a key of `RATIOS`.
    RETURNS (Model): The same model.
    """
    for node in model.walk():
        if RATE in node.attrs:
            node.attrs[PLACE] = place
    return model


def set_dropout(model: Model, drop: float, drop_mult: float | None) -> None:
    """Set the rates of all dropout in a model.

    model (Model): The model.
    drop (float): The rate everywhere, if there is no `drop_mult`.
    drop_mult (Optional[float]): What the ratio of each place is multiplied by.
    """
    for node in model.walk():
        if RATE in node.attrs:
            node.attrs[RATE] = drop if drop_mult is None else rate_of(node, drop_mult)
        elif OWN_RATE in node.attrs:
            node.attrs[OWN_RATE] = 0.0 if drop_mult is None else rate_of(node, drop_mult)


def rate_of(node: Model, drop_mult: float) -> float:
    """Compute the dropout rate of a node.

    node (Model): The node.
    drop_mult (float): What the ratio of its place is multiplied by.
    RETURNS (float): The rate.
    """
    return min(drop_mult * RATIOS[node.attrs.get(PLACE, DEFAULT_PLACE)], MAX_RATE)
