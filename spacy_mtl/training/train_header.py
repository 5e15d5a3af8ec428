"""What a training prints before its first step, as `spacy train` does."""

from typing import IO, Any

from spacy.language import Language
from wasabi import Printer


def print_header(nlp: Language, settings: dict[str, Any], learn_rate: float, stdout: IO) -> None:
    """Print what is trained.

    nlp (Language): The pipeline.
    settings (Dict[str, Any]): The [training] block, resolved.
    learn_rate (float): The learning rate of the first step.
    stdout (IO): Where to print.
    """
    msg = Printer(no_print=True)
    lines = [f"Pipeline: {nlp.pipe_names}"]
    if settings["frozen_components"]:
        lines.append(f"Frozen components: {settings['frozen_components']}")
    if settings["annotating_components"]:
        lines.append(f"Set annotations on update for: {settings['annotating_components']}")
    lines.append(f"Initial learn rate: {learn_rate}")
    for line in lines:
        stdout.write(f"{msg.info(line)}\n")
