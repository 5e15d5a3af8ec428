"""How a training report writes numbers and texts, on a page as in Markdown."""

from .contents import Report, TaskResult
from .figure_parts import visible
from .task_numbers import mean_of

#: Characters of a text that are shown.
TEXT_LENGTH = 1000
UNITS = ("bytes", "kB", "MB", "GB")


def clip(text: str, length: int = TEXT_LENGTH) -> str:
    """Show the beginning of a long text.

    text (str): The text.
    length (int): How many characters to show.
    RETURNS (str): The text, or its beginning and how much follows.
    """
    rest = len(text) - length
    text = visible(text[:length])
    return f"{text} … ({rest:,} more characters)" if rest > 0 else text


def format_percent(value: float | None, *, signed: bool = False) -> str:
    """Write a share in percent.

    value (Optional[float]): The share.
    signed (bool): Whether one above 0 gets a sign.
    RETURNS (str): The text, a dash if there is no value.
    """
    return "-" if value is None else format(100 * value, "+.1f" if signed else ".1f")


def format_bytes(n: int) -> str:
    """Write a size.

    n (int): The number of bytes.
    RETURNS (str): The size in the largest unit that it fills.
    """
    size, units = float(n), list(UNITS)
    while size >= 1000 and len(units) > 1:
        size /= 1000
        units.pop(0)
    return f"{size:.3g} {units[0]}" if size < 1000 else f"{size:,.0f} {units[0]}"


def summary(report: Report) -> list[tuple[str, str]]:
    """Say the most important in a few numbers.

    report (Report): The report.
    RETURNS (List[Tuple[str, str]]): Names and values.
    """
    cards = [("tasks", str(len(report.sizes)))]
    results = [result for result in report.results or () if result.score.value is not None]
    if results:
        score = mean_of([result.score.value for result in results])
        cards.append((f"mean score on {report.split}", format_percent(score)))
    alone = [result for result in results if result.difference is not None]
    if alone:
        gain = mean_of([result.difference.value for result in alone if result.difference])
        cards.append(("mean gain over tasks alone", format_percent(gain, signed=True)))
        cards.append(("tasks clearly better / worse than alone", _count_clear(alone)))
    if report.speed:
        cards.append(("texts a second, one process", f"{report.speed.texts_per_second:,.0f}"))
        cards.append(("size on disk", format_bytes(report.speed.bytes)))
    return cards


def _count_clear(results: list[TaskResult]) -> str:
    clear = [r.difference.value or 0 for r in results if r.difference and r.difference.is_clear]
    return f"{sum(value > 0 for value in clear)} / {sum(value < 0 for value in clear)}"
