"""Plain-text tables that stay readable for many tasks: one row each."""

from collections.abc import Sequence

#: No table is wider than this.
MAX_WIDTH = 100
SPACING = 2


def format_table(
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    max_width: int = MAX_WIDTH,
) -> list[str]:
    """Lay out a table whose first column is text and whose other columns are numbers.

    Only the first column is shortened when the table would be too wide.

    header (Sequence[str]): The names of the columns.
    rows (Sequence[Sequence[str]]): The cells, as many in each row as in the header.
    max_width (int): Longest line.
    RETURNS (List[str]): The lines: header, a rule, the rows.
    """
    lines = [header, *rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(header))]
    taken = sum(widths[1:]) + SPACING * len(widths[1:])
    widths[0] = max(min(widths[0], max_width - taken), len(header[0]))
    lines.insert(1, ["-" * width for width in widths])
    return [_format_line(line, widths) for line in lines]


def shorten(text: str, width: int) -> str:
    """Cut a text to a width.

    text (str): The text.
    width (int): The longest result.
    RETURNS (str): The text, or its beginning and "...".
    """
    return text if len(text) <= width else text[: max(width - 3, 0)] + "..."[:width]


def format_number(value: float | None, spec: str) -> str:
    """Format a number, or show a dash where there is none.

    value (Optional[float]): The number.
    spec (str): The format, as in f-strings.
    RETURNS (str): The number as text.
    """
    return "-" if value is None else format(value, spec)


def _format_line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first = shorten(cells[0], widths[0]).ljust(widths[0])
    others = [cell.rjust(width) for cell, width in zip(cells[1:], widths[1:], strict=True)]
    return (" " * SPACING).join([first, *others]).rstrip()
