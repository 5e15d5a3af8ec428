# ruff: noqa: B008
"""`mtl init-config`: a complete, commented config for a folder of labelled files."""

from collections.abc import Iterable
from pathlib import Path

import typer
from spacy.util import is_package
from thinc.api import Config
from wasabi import msg

from ..errors import Errors
from ..languages import find_language
from ..models.pretrained_transformer import read_sizes
from ..staging import StagedFiles
from ..training.config_defaults import (
    TRANSFORMER_DEFAULTS,
    TRANSFORMERS,
    Defaults,
    Transformer,
    estimate_words,
    resize_encoder,
)
from ..training.config_text import ENCODER, RESERVED, render_config
from ..training.single_task import PAIR_FACTORY
from ..training.task_summary import summarize_tasks
from ._app import mtl_cli, show_errors, split_names

STDOUT = "-"
CNN = "cnn"
TRANSFORMER = "transformer"


@mtl_cli.command("init-config", no_args_is_help=True)
def init_config_cli(
    data: Path = typer.Argument(..., help="Folder with one file per task and split"),
    output: str = typer.Argument(..., help="Config file to write, or - for stdout"),
    lang: str = typer.Option("en", "--lang", "-l", help="Two-letter code of the language"),
    tasks: str = typer.Option("", "--tasks", "-t", help="Comma-separated tasks. Default: all"),
    vectors: str = typer.Option(
        "", "--pretrained-vectors", "-v", help="Package or path of a pipeline with word vectors"
    ),
    pretrain: str = typer.Option(
        "", "--pretrain", "-p", help="File with raw text: write sections for pretraining on it"
    ),
    target_vectors: str = typer.Option(
        "", "--target-vectors", help="Package or path of a pipeline whose vectors it predicts"
    ),
    subwords: str = typer.Option(
        "", "--subwords", help="File with subwords, to use them as tokens: see mtl subwords"
    ),
    backbone: str = typer.Option("cnn", "--backbone", "-b", help="The encoder: cnn or transformer"),
    transformer: str = typer.Option(
        "", "--transformer", help="Folder or Hub name of the model, for --backbone transformer"
    ),
    width: int = typer.Option(0, "--width", min=0, help="Width of the encoder. 0: the default"),
    depth: int = typer.Option(-1, "--depth", min=-1, help="Layers of the encoder. -1: the default"),
    max_steps: int = typer.Option(
        0, "--max-steps", min=0, help="Training steps. 0: chosen by the size of the data"
    ),
    force: bool = typer.Option(False, "--force", "-F", help="Overwrite an existing file"),
    keep: bool = typer.Option(
        False, "--keep", "-k", help="Leave an existing file as it is, without an error"
    ),
) -> None:
    """Write a complete, commented config for all tasks of a data folder. Labels, the kind of each
    task and the training budget are inferred from the data. Then run: python -m spacy train
    """
    if output != STDOUT and Path(output).exists() and keep and not force:
        msg.info(f"Left the config that exists as it is: {output}")
        return
    with show_errors():
        if output != STDOUT and Path(output).exists() and not force:
            raise ValueError(Errors.E306.format(path=output))
        text = init_config(
            data,
            lang=lang,
            tasks=split_names(tasks),
            vectors=vectors or None,
            raw_text=pretrain or None,
            target_vectors=target_vectors or None,
            subwords=subwords or None,
            backbone=backbone,
            transformer=transformer or None,
            width=width or None,
            depth=depth if depth >= 0 else None,
            max_steps=max_steps or None,
        )
        if output == STDOUT:
            typer.echo(text, nl=False)
            return
        write_new_file(Path(output), text, force=force)
    show_tasks(text)
    msg.good(f"Wrote the config: {output}")
    msg.text(f"Train it with: python -m spacy train {output} --output training")


def init_config(
    data: str | Path,
    *,
    lang: str = "en",
    tasks: Iterable[str] | None = None,
    vectors: str | None = None,
    raw_text: str | None = None,
    target_vectors: str | None = None,
    subwords: str | None = None,
    backbone: str = CNN,
    transformer: str | None = None,
    width: int | None = None,
    depth: int | None = None,
    max_steps: int | None = None,
    defaults: Defaults | None = None,
) -> str:
    """Write a config for a folder of labelled files: one shared encoder and one head per task.

    data (Union[str, Path]): The folder, with one file per task and split.
    lang (str): Code of the language.
    tasks (Optional[Iterable[str]]): Names of the tasks to train. All of them if not set.
    vectors (Optional[str]): Package or path of a pipeline with word vectors for the encoder.
    raw_text (Optional[str]): File with raw text, to pretrain the encoder on it.
    target_vectors (Optional[str]): Package or path of a pipeline with the vectors that pretraining
        predicts. Defaults to those of `vectors`.
    subwords (Optional[str]): File with subwords, to use them as tokens.
    backbone (str): The encoder: "cnn" or "transformer".
    transformer (Optional[str]): Folder of a transformer, or its name on the Hugging Face Hub. Defaults
        to a small one for English.
    width (Optional[int]): Width of the encoder, to use instead of the default.
    depth (Optional[int]): Number of the encoder's layers, to use instead of the default.
    max_steps (Optional[int]): Number of training steps. Chosen by the size of the data if not set.
    defaults (Optional[Defaults]): The values of all settings.
    RETURNS (str): The text of the config, with comments.
    RAISES (ValueError): If the data cannot be trained on, the language, the vectors, the subwords or the
        transformer do not exist, or an option is not for the encoder.
    """
    data = Path(data)
    find_language(lang)
    if vectors is not None and not is_package(vectors) and not Path(vectors).is_dir():
        raise ValueError(Errors.E308.format(name=vectors))
    if subwords is not None and not Path(subwords).is_file():
        raise ValueError(Errors.E516.format(path=subwords))
    if backbone not in (CNN, TRANSFORMER):
        raise ValueError(Errors.E502.format(backbone=backbone))
    encoder = None
    if backbone == TRANSFORMER:
        options = {
            "--pretrained-vectors": vectors,
            "--pretrain": raw_text,
            "--target-vectors": target_vectors,
            "--width": width,
            "--depth": depth,
        }
        given = [option for option, value in options.items() if value is not None]
        if given:
            raise ValueError(Errors.E497.format(options=", ".join(given)))
        encoder = find_transformer(transformer)
        defaults = defaults or TRANSFORMER_DEFAULTS
    elif transformer is not None:
        raise ValueError(Errors.E501)
    if raw_text is not None and not Path(raw_text).is_file():
        raise ValueError(Errors.E309.format(path=raw_text))
    summaries = summarize_tasks(data, tasks=tasks)
    for summary in summaries:
        if summary.name in RESERVED:
            raise ValueError(Errors.E305.format(name=summary.name))
    defaults = resize_encoder(defaults or Defaults(), width=width, depth=depth)
    return render_config(
        summaries,
        data.as_posix(),
        lang=lang,
        vectors=vectors,
        raw_text=raw_text,
        raw_words=0 if raw_text is None else estimate_words(raw_text),
        target_vectors=target_vectors,
        subwords=subwords,
        transformer=encoder,
        max_steps=max_steps,
        defaults=defaults,
    )


def find_transformer(name: str | None) -> Transformer:
    """Find out how large a trained transformer is.

    name (Optional[str]): Its folder, or its name on the Hugging Face Hub. None for the usual one.
    RETURNS (Transformer): The transformer and its sizes.
    RAISES (ValueError): If it is not found, or of a kind that is not supported.
    """
    known = {transformer.model: transformer for transformer in TRANSFORMERS}
    if name is None:
        return TRANSFORMERS[0]
    return known.get(name) or Transformer(name, **read_sizes(name))


def write_new_file(path: Path, text: str, *, force: bool = False) -> None:
    """Write a file that must not exist yet.

    path (Path): The file. Folders on the way to it are made.
    text (str): What to write.
    force (bool): Overwrite the file if it exists.
    RAISES (ValueError): If the file exists and may not be overwritten.
    RAISES (OSError): If it cannot be written. A file that existed is then unchanged.
    """
    if path.exists() and not force:
        raise ValueError(Errors.E306.format(path=path))
    with StagedFiles() as files:
        files.write(path, text.encode("utf8"))


def show_tasks(text: str) -> None:
    """Print what a config says about its tasks.

    text (str): The text of the config.
    """
    config = Config().from_str(text)
    rows: list[tuple[str, str, str | int]] = []
    for name in config["nlp"]["pipeline"]:
        if name == ENCODER:
            continue
        block = config["components"][name]
        if block["factory"] == PAIR_FACTORY:
            rows.append((name, "none: pairs of texts", "-"))
            continue
        kind = "any number" if block["multi_label"] else "one"
        labels = config["initialize"]["components"][name]["labels"]
        rows.append((name, kind, "-" if labels is None else len(labels)))
    msg.table(rows, header=("Task", "Labels per text", "Labels"), divider=True)
