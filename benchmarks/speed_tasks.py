"""`nlp.pipe` with many tasks beside `nlp.pipe` with one."""

from typing import Any

from speed_models import encoder_settings
from speed_pipe import DEPTH, VARIANTS, WIDTH, make_pipelines, make_side
from speed_texts import BATCH_SIZES, SHORT, SOURCES, read_texts
from speed_timing import Side, round_to, summarise, time_in_turn

MAXED = " mean+max"

N_TEXTS, N_QUICK, N_CHECKED = 768, 128, 8
COUNTS = (1, 64)
LABELS = ("a", "b", "c", "d")


def run(data_dir: str, quick: bool) -> dict[str, Any]:
    """Measure `nlp.pipe` with 1 and with 64 tasks of four labels.

    data_dir (str): The folder of the data.
    quick (bool): Use few texts.
    RETURNS (Dict[str, Any]): The section.
    """
    texts = read_texts(data_dir, SHORT, N_QUICK if quick else N_TEXTS)
    sides: dict[str, Side | None] = {}
    names: list[str] = []
    for count in COUNTS:
        variants = {} if quick else {MAXED: VARIANTS[MAXED]}
        pipelines = make_pipelines(make_tasks(count), texts[:N_CHECKED], variants=variants)
        names = list(pipelines)
        for name, nlp in pipelines.items():
            sides[f"{count}/{name}"] = make_side(name, nlp, texts, BATCH_SIZES[SHORT])
    times = time_in_turn(sides)
    cases = {}
    for count in COUNTS:
        own = {name: times[f"{count}/{name}"] for name in names if f"{count}/{name}" in times}
        cases[case_name(count)] = summarise(own, amount=len(texts), unit="docs", names=names)
    fewest, most = (cases[case_name(count)]["seconds"] for count in (COUNTS[0], COUNTS[-1]))
    growth = {
        name: most[name]
        and {key: round_to(most[name][key] / fewest[name][key]) for key in ("median", "cpu")}
        for name in names
    }
    return {
        **encoder_settings(WIDTH, DEPTH),
        "labels": len(LABELS),
        "texts": SOURCES[SHORT],
        "growth": growth,
        "cases": cases,
    }


def case_name(count: int) -> str:
    """Name a case.

    count (int): Its number of tasks.
    RETURNS (str): The name.
    """
    return f"{count} task" + "s" * (count > 1)


def make_tasks(count: int) -> dict[str, tuple[str, ...]]:
    """Make up tasks.

    count (int): How many.
    RETURNS (Dict[str, Tuple[str, ...]]): The labels of each.
    """
    return {f"task{number}": LABELS for number in range(count)}
