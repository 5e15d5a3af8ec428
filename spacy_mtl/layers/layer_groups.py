"""The groups of layers that an encoder is frozen by, and learns at rates of their own by."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from thinc.api import Model

#: ID of a node or a shim, and name of a parameter: what an optimizer knows a parameter by.
Key = tuple[int, str]

EMBED = "embed"
NGRAMS = "ngrams"
#: The one group of an encoder of which nothing is known.
WHOLE = "encoder"
#: How transformers number the layers in the names of their parameters.
_NUMBERED = re.compile(r"(?:^|\.)layers?\.(\d+)\.")


class LayerGroup(NamedTuple):
    """Parameters that belong together."""

    name: str
    #: 0 at the bottom. Groups that read the words side by side have the same level.
    level: int
    keys: frozenset[Key]


def layer_groups(model: Model) -> list[LayerGroup]:
    """Find the groups of an encoder's layers. Each of its parameters is in exactly one of them.

    - Embeddings and window layers: `embed` (tables, mix, static vectors), `ngrams` beside it, `window1`
      to `windowN`. Known by the references `embed` and `encode`, which spaCy's own encoders have, too.
      Layers that read no windows are one group `encode`.
    - A transformer: `embed`, `layer1` to `layerN`. Known by the names of its parameters, which it has once
      it is initialized.
    - Anything else: `encoder`.

    Whatever is left over belongs to the highest group.

    model (Model): The encoder.
    RETURNS (List[LayerGroup]): The groups, from the bottom to the top.
    """
    every = frozenset(_keys(model))
    found = _transformer(every) or _embed_encode(model) or [(WHOLE, 0, every)]
    rest = every.difference(*(keys for _, _, keys in found))
    name, level, keys = found[-1]
    return [LayerGroup(*part) for part in (*found[:-1], (name, level, keys | rest))]


def _embed_encode(model: Model) -> list[tuple[str, int, frozenset[Key]]]:
    for node in model.walk():
        embed, encode = (node.maybe_get_ref(name) for name in ("embed", "encode"))
        if embed is not None and encode is not None:
            break
    else:
        return []
    groups = [(EMBED, 0, frozenset(_keys(embed)))]
    groups += [
        (NGRAMS, 0, frozenset(_keys(node))) for node in model.walk() if node.name == "ngram_embed"
    ]
    windows = [
        node
        for node in encode.walk(order="dfs_pre")
        if node.layers and node.layers[0].name == "expand_window"
    ]
    groups += [(f"window{i}", i, frozenset(_keys(node))) for i, node in enumerate(windows, 1)]
    others = frozenset(_keys(encode))
    return groups if windows or not others else [*groups, ("encode", 1, others)]


def _transformer(keys: frozenset[Key]) -> list[tuple[str, int, frozenset[Key]]]:
    layers: dict[int, set[Key]] = {}
    embed = set()
    for key in keys:
        match = _NUMBERED.search(key[1])
        if match:
            layers.setdefault(int(match[1]), set()).add(key)
        elif "embed" in key[1]:
            embed.add(key)
    if not layers:
        return []
    groups = [(EMBED, 0, frozenset(embed))] if embed else []
    numbered = enumerate(sorted(layers), 1)
    return groups + [(f"layer{i}", i, frozenset(layers[number])) for i, number in numbered]


def _keys(model: Model) -> Iterator[Key]:
    for node in model.walk():
        yield from ((node.id, name) for name in node.param_names)
        for shim in node.shims:
            # The parameters of PyTorch, which thinc has no interface to ask for.
            named = getattr(getattr(shim, "_model", None), "named_parameters", tuple)
            yield from ((shim.id, name) for name, _ in named())
