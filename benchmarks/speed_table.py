"""Plain tables of the speed benchmark's sections."""

from collections.abc import Mapping, Sequence
from typing import Any

#: Headers of a table of cases, where each row compares the two stock sides with ours.
HEADER = (
    "what",
    "unit/s",
    "stock",
    "+ OpenBLAS",
    "NumPy",
    "x stock",
    "x OpenBLAS",
    "numba",
    "x stock",
    "x OpenBLAS",
)
STOCK = ("stock", "stock_openblas")
OURS = ("ours_numpy", "ours_numba")
NONE = "-"
#: The clock's time as a multiple of the processor's, from which on both are shown.
BUSY = 1.05
CPU_NOTE = (
    "The clock ran up to {busy:.2f} times as long as the processor worked. By the processor's time:"
)


def case_rows(cases: Mapping[str, Mapping[str, Any]], *, cpu: bool = False) -> list[list[str]]:
    """Lay out cases, one row a case and a variant of our sides.

    cases (Mapping[str, Mapping[str, Any]]): Results of `speed_timing.compare` by name.
    cpu (bool): Use the time of the processor instead of the clock's.
    RETURNS (List[List[str]]): The cells.
    """
    rows = []
    for name, case in cases.items():
        prefix, first = "cpu_" * cpu, OURS[0]
        rates, ratios = case[f"{prefix}rates"], case[f"{prefix}ratios"]
        for variant in [side.removeprefix(first) for side in rates if side.startswith(first)]:
            row = [f"{name}{variant}", case["unit"], *(cell(rates.get(s)) for s in STOCK)]
            for side in OURS:
                ratio = ratios.get(side + variant) or {}
                row += [cell(rates.get(side + variant)), *(cell(ratio.get(s)) for s in STOCK)]
            rows.append(row)
    return rows


def cell(value: float | None) -> str:
    """Show a figure.

    value (Optional[float]): A rate or a ratio.
    RETURNS (str): The figure, short.
    """
    if value is None:
        return NONE
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}"


def layout(rows: Sequence[Sequence[str]]) -> str:
    """Align a table: names to the left, figures to the right.

    rows (Sequence[Sequence[str]]): The cells, headers first.
    RETURNS (str): The table.
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for first, *others in rows:
        cells = [first.ljust(widths[0])]
        cells += [other.rjust(w) for other, w in zip(others, widths[1:], strict=True)]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def encoder_table(section: Mapping[str, Any]) -> str:
    """Show the encoder's figures.

    section (Mapping[str, Any]): The section.
    RETURNS (str): The cases, and the share of the arithmetic limit that each side reaches.
    """
    shares = [["share of the arithmetic limit without caches", *section_sides(section)]]
    for name, case in section["cases"].items():
        share = case["share_of_peak"]
        shares.append([name, *(cell(share[side]) for side in section_sides(section))])
    parts = [cases_table(section), layout(shares)]
    if first_use := section.get("first_use_seconds"):
        parts.append(f"seconds of the first use in a process: {first_use}")
    return "\n\n".join(parts)


def section_sides(section: Mapping[str, Any]) -> list[str]:
    """Name the sides of a section.

    section (Mapping[str, Any]): A section with cases.
    RETURNS (List[str]): The sides of its first case, without variants.
    """
    case = next(iter(section["cases"].values()))
    return [side for side in case["rates"] if " " not in side]


def cases_table(section: Mapping[str, Any]) -> str:
    """Show the cases of a section. Where something else ran on the machine, the time of the processor
    is shown too, which suffers less from it.

    section (Mapping[str, Any]): The section.
    RETURNS (str): The table or the tables.
    """
    tables = [layout([HEADER, *case_rows(section["cases"])])]
    busy = max(case["busy"] for case in section["cases"].values())
    if busy > BUSY:
        tables.append(CPU_NOTE.format(busy=busy))
        tables.append(layout([HEADER, *case_rows(section["cases"], cpu=True)]))
    return "\n\n".join(tables)


def tasks_table(section: Mapping[str, Any]) -> str:
    """Show what many tasks cost.

    section (Mapping[str, Any]): The section.
    RETURNS (str): The cases, and the time of the most tasks as a multiple of the time of one.
    """
    growth = [["time against one task", "clock", "processor"]]
    for side, found in section["growth"].items():
        growth.append([side, *(cell(found and found[key]) for key in ("median", "cpu"))])
    return "\n\n".join([cases_table(section), layout(growth)])


def peers_table(section: Mapping[str, Any]) -> str:
    """Show the peers.

    section (Mapping[str, Any]): The section.
    RETURNS (str): Speed and score of each system.
    """
    speed, scores = section["speed"], section["scores"]
    rows = [["system", "texts/s", "by the processor's time", "score"]]
    for name, rate in speed["rates"].items():
        rows.append([name, cell(rate), cell(speed["cpu_rates"][name]), cell(scores.get(name))])
    return layout(rows)


def memory_table(section: Mapping[str, Any]) -> str:
    """Show the memory curves.

    section (Mapping[str, Any]): The section.
    RETURNS (str): Begin, end and peak of each curve.
    """
    rows = [
        ["MB of memory", "texts", "start", "after the first block", "end", "largest", "texts/s"]
    ]
    for name, curve in section["curves"].items():
        sizes = [point["mb"] for point in curve["points"]]
        shown = (curve["points"][-1]["texts"], sizes[0], sizes[1], sizes[-1], max(sizes))
        rows.append([name, *(f"{value:,.0f}" for value in shown), cell(curve["texts_per_s"])])
    return layout(rows)


def threads_table(section: Mapping[str, Any]) -> str:
    """Show what threads and processes gain.

    section (Mapping[str, Any]): The section.
    RETURNS (str): A row for each way and a column for each state of the machine.
    """
    states = list(section["states"])
    ways = list(section["states"][states[0]])
    rows = [["rate", *states]]
    rows += [[way, *(cell(section["states"][state].get(way)) for state in states)] for way in ways]
    return layout(rows)


TABLES = {
    "encoder": encoder_table,
    "pipe": cases_table,
    "train": cases_table,
    "pretrain": cases_table,
    "tasks": tasks_table,
    "peers": peers_table,
    "growth": cases_table,
    "memory": memory_table,
    "threads": threads_table,
}
