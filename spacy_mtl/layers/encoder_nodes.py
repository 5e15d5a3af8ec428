"""The nodes of the encoder's chain, and what they read of a batch."""

from typing import NamedTuple

from spacy.tokens import Doc
from thinc.api import Model
from thinc.types import Ints2d

from .embed_mix import Static
from .lexeme_features import read_features
from .masking import MASKING
from .maxout_weights import MaxoutNodes
from .static_vectors import find_vectors, key_attr
from .target_vectors import read_vectors


class Nodes(NamedTuple):
    """The nodes of the chain that have parameters or settings."""

    extract: Model
    tables: list[Model]
    #: The layer that fits static vectors to the width, if there is one.
    static: Model | None
    mix: MaxoutNodes
    windows: list[MaxoutNodes]
    window_size: int

    @classmethod
    def find(cls, encoder: Model) -> "Nodes":
        embed, encode = encoder.layers
        *reading, mix, _ = embed.layers
        static = None
        if len(reading) == 1:
            features, static = reading[0].layers
            reading = features.layers
        extract, _, tables = reading
        layers = [
            node.layers
            for node in encode.walk(order="dfs_pre")
            if node.layers and node.layers[0].name == "expand_window"
        ]
        return cls(
            extract=extract,
            tables=[node for node in tables.walk(order="dfs_pre") if "E" in node.param_names],
            static=static,
            mix=MaxoutNodes.find(mix.layers[0]),
            windows=[MaxoutNodes.find(maxout) for _, maxout in layers],
            window_size=layers[0][0].attrs["window_size"] if layers else 0,
        )

    def with_params(self) -> list[Model]:
        """RETURNS (List[Model]): The nodes that have parameters."""
        maxouts = [node for nodes in (self.mix, *self.windows) for node in nodes[:2]]
        return [*self.tables, *maxouts, *([] if self.static is None else [self.static])]

    def read(self, docs: list[Doc]) -> Ints2d:
        """Read the features of all tokens as they are shown.

        docs (List[Doc]): The documents.
        RETURNS (Ints2d): `(n_tokens, n_columns)`, the last column with the keys of static vectors, if
            there are any.
        """
        columns = self.extract.attrs["columns"]
        if self.static is not None:
            columns = [*columns, key_attr(find_vectors(self.static, docs))]
        return read_features(docs, columns, self.extract.attrs[MASKING].masking)

    def find_static(self, docs: list[Doc], features: Ints2d) -> Static | None:
        """Look up the static vectors of words.

        docs (List[Doc]): Documents of the vocabulary that has the vectors.
        features (Ints2d): Features of the words, as `read` returns them.
        RETURNS (Optional[Static]): The vectors.
        """
        if self.static is None:
            return None
        vectors = find_vectors(self.static, docs)
        return Static(self.static, read_vectors(vectors, features[:, -1]))
