"""One number for all dropout: which share of it each place of a model gets."""

from thinc.api import Model

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
#: The parts that encoders and heads have a reference to, and what is dropped there.
PARTS = {"embed": "embed", "encode": "window", "dropout": "pooled", "hidden": "hidden"}
#: The place of all other nodes, as in another library's encoder.
OTHER = "window"
#: No place drops more than this.
MAX_RATE = 0.9
RATE = "dropout_rate"
#: The rate of n-gram columns, which lose nothing unless the one number is set.
NGRAM_RATE = "ngram_dropout_rate"


def set_dropout(model: Model, drop: float, drop_mult: float | None) -> None:
    """Set the rates of all dropout in a model.

    model (Model): The model.
    drop (float): The rate everywhere, if there is no `drop_mult`.
    drop_mult (Optional[float]): What the ratio of each place is multiplied by.
    """
    places = {} if drop_mult is None else find_places(model)
    for node in model.walk():
        if RATE in node.attrs:
            place = places.get(node.id, OTHER)
            node.attrs[RATE] = drop if drop_mult is None else rate_of(place, drop_mult)
        elif NGRAM_RATE in node.attrs:
            node.attrs[NGRAM_RATE] = 0.0 if drop_mult is None else rate_of("ngrams", drop_mult)


def find_places(model: Model) -> dict[int, str]:
    """Find out where in an encoder or a head its nodes are.

    model (Model): The encoder or the head, which may have an encoder of its own.
    RETURNS (Dict[int, str]): Places by the ID of the node.
    """
    places = {}
    for owner in (model, model.maybe_get_ref("tok2vec")):
        for ref, place in PARTS.items():
            part = None if owner is None else owner.maybe_get_ref(ref)
            for node in () if part is None else part.walk():
                # Among the embeddings, tables have a rate of their own. What follows them is the mix.
                is_mix = place == "embed" and node.name == "dropout"
                places[node.id] = "mix" if is_mix else place
    return places


def rate_of(place: str, drop_mult: float) -> float:
    """Compute the dropout rate of a place.

    place (str): The place, a key of `RATIOS`.
    drop_mult (float): What its ratio is multiplied by.
    RETURNS (float): The rate.
    """
    return min(drop_mult * RATIOS[place], MAX_RATE)
