"""A batch on its way from the shared encoder to its listeners and back."""

from collections.abc import Callable, Sequence
from typing import Any

from spacy.tokens import Doc
from thinc.types import Floats2d

from ..errors import Errors
from ..finite import BrokenGradientError, has_finite_norm
from ..layers.token_arrays import TokenArrays, flatten
from ..util import describe_texts


class EncoderBatch:
    """The encoder's output for one training batch, and the gradients its listeners send back."""

    def __init__(
        self,
        owner: Any,
        docs: Sequence[Doc],
        outputs: list[Floats2d],
        backprop: Callable | None,
    ) -> None:
        """Create a batch that listeners can answer.

        owner (MultitaskTok2Vec): The encoder's component.
        docs (List[Doc]): The documents.
        outputs (List[Floats2d]): Per document an array `(n_tokens, width)`.
        backprop (Optional[Callable]): The backward pass of the encoder. None if it has none, and so no
            need of gradients.
        """
        self.owner = owner
        # Not the documents: the memory zone that they are in may end before the batch does.
        self.texts = describe_texts(docs)
        self.outputs = outputs
        self.backprop = backprop
        self.gradients: TokenArrays | None = None
        self.n_answers = 0
        self.closed = False

    def close(self) -> None:
        """Refuse further gradients, and free what the backward pass held."""
        self.closed = True
        self.outputs = []
        self.backprop = self.gradients = None

    def __getstate__(self) -> dict[str, Any]:
        # Backward passes are closures, which cannot be pickled, and mean nothing elsewhere.
        return {
            "owner": self.owner,
            "texts": self.texts,
            "outputs": [],
            "backprop": None,
            "gradients": None,
            "n_answers": self.n_answers,
            "closed": True,
        }

    def receive_gradient(self, d_outputs: list[Floats2d]) -> list[Floats2d]:
        """Add a listener's gradient.

        d_outputs (List[Floats2d]): The gradient, or an empty list if the listener has none.
        RETURNS (List[Floats2d]): An empty list.
        RAISES (ValueError): If the encoder has finished the batch, or the gradient is not finite.
        """
        if self.closed:
            raise ValueError(Errors.E216.format(name=self.owner.name))
        if d_outputs and self.backprop is not None:
            flat = flatten(self.owner.model.ops, d_outputs)
            if not has_finite_norm(flat):
                text = Errors.E871.format(name=self.owner.name, batch=self.texts)
                raise BrokenGradientError(text)
            if self.gradients is None:
                lengths = self.owner.model.ops.asarray1i([len(gradient) for gradient in d_outputs])
                self.gradients = TokenArrays.split(flat.copy(), lengths)
            else:
                self.gradients.flat += flat
        self.n_answers += 1
        self.owner.answered(self)
        return []
