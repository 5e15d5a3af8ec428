"""Scores of several seeds in one cell of a table."""

import statistics


def spread(values: list[float]) -> str:
    """Show mean and standard deviation.

    values (list[float]): The values, in percent.
    RETURNS (str): Both, with one decimal.
    """
    if len(values) < 2:
        return f"{values[0]:.1f}"
    return f"{statistics.mean(values):.1f} ± {statistics.stdev(values):.1f}"
