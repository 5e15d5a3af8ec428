"""Checks of the settings that models are built with."""

from collections.abc import Iterable, Mapping

from ..errors import Errors
from ..finite import is_number
from ..layers.lmao import TOKENS
from ..layers.target_vectors import WEIGHTINGS
from ..layers.vector_losses import LOSSES
from ..layers.vector_pairs import TARGETS


def check_at_least(lowest: int, **sizes: int) -> None:
    """Check that sizes are not below a limit.

    lowest (int): The limit.
    **sizes (int): The sizes by name.
    RAISES (ValueError): If one is below the limit.
    """
    for name, value in sizes.items():
        if value < lowest:
            raise ValueError(Errors.E201.format(name=name, value=value, lowest=lowest))


def check_share(**shares: float) -> None:
    """Check that probabilities are between 0 and 1.

    **shares (float): The probabilities by name.
    RAISES (ValueError): If one is not.
    """
    for name, value in shares.items():
        if not is_number(value) or not 0.0 <= value <= 1.0:
            raise ValueError(Errors.E253.format(name=name, value=repr(value), expected="0 to 1"))


def check_choice(name: str, value: str, known: Iterable[str]) -> None:
    """Check that a setting has one of its possible values.

    name (str): Name of the setting.
    value (str): Its value.
    known (Iterable[str]): The possible values.
    RAISES (ValueError): If it has another.
    """
    if value not in known:
        expected = "one of: " + ", ".join(known)
        raise ValueError(Errors.E253.format(name=name, value=repr(value), expected=expected))


def check_lmao(
    *,
    loss: str,
    tokens: str,
    weighting: str,
    mask_prob: float,
    hidden_share: float,
    replaced_share: float,
) -> None:
    """Check the settings of language modelling with approximate outputs, see `build_lmao_v1`.

    loss (str): The loss.
    tokens (str): Which tokens are predicted.
    weighting (str): The weights of frequent words.
    mask_prob (float): Probability that a token is masked.
    hidden_share (float): Share of the masked tokens that are hidden.
    replaced_share (float): Share of the masked tokens that are replaced.
    RAISES (ValueError): If one is out of range or unknown.
    """
    check_choice("loss", loss, LOSSES)
    check_choice("tokens", tokens, TOKENS)
    check_choice("weighting", weighting, WEIGHTINGS)
    check_share(mask_prob=mask_prob, hidden_share=hidden_share, replaced_share=replaced_share)
    check_share(**{"hidden_share + replaced_share": hidden_share + replaced_share})


def target_weights(target: str | Mapping[str, float]) -> dict[str, float]:
    """Read the setting of what is predicted.

    target (Union[str, Mapping[str, float]]): A kind of target, or several with their weights.
    RETURNS (Dict[str, float]): Weights by kind.
    RAISES (ValueError): If a kind is unknown, its weight is no number, or there is none.
    """
    weights = {target: 1.0} if isinstance(target, str) else dict(target)
    for name in weights or [""]:
        check_choice("target", name, TARGETS)
    for name, weight in weights.items():
        if not is_number(weight):
            expected = "a number"
            raise ValueError(
                Errors.E253.format(name=f"target.{name}", value=repr(weight), expected=expected)
            )
    return weights
