# ruff: noqa: B008
"""`mtl load-encoder`: a pipeline that has a saved encoder and no tasks."""

from pathlib import Path

import typer
from spacy.language import Language
from spacy.training.initialize import load_vectors_into_model
from wasabi import msg

from ..languages import find_language
from ..staging import staged_folder
from ..training.encoder_file import read_encoder
from ..training.saved_encoder import load_encoder
from ._app import check_absent, mtl_cli, show_errors


@mtl_cli.command("load-encoder", no_args_is_help=True)
def load_encoder_cli(
    encoder: Path = typer.Argument(
        ..., metavar="ENCODER", help="File written by: python -m spacy mtl save-encoder"
    ),
    output: Path = typer.Argument(..., metavar="OUT_DIR", help="Folder of the pipeline to write"),
    vectors: str | None = typer.Option(
        None, "--vectors", "-v", help="Pipeline with the word vectors that the encoder reads"
    ),
    lang: str | None = typer.Option(
        None, "--lang", "-l", help="Code of the language. Default: that of the encoder's pipeline"
    ),
    force: bool = typer.Option(False, "--force", "-F", help="Overwrite an existing pipeline"),
) -> None:
    """Write a pipeline that has a saved encoder and no tasks: to be loaded for its vectors, or to be named
    as the source of the component "tok2vec" in a config.
    """
    with show_errors():
        check_absent(output, force=force)
        nlp = build_pipeline(encoder, vectors=vectors, lang=lang)
        with staged_folder(output) as folder:
            nlp.to_disk(folder)
    msg.good(f"Wrote a pipeline with the encoder {encoder}: {output}")


def build_pipeline(
    path: str | Path, *, vectors: str | Path | None = None, lang: str | None = None
) -> Language:
    """Build a pipeline that has a saved encoder and no tasks.

    path (Union[str, Path]): The file of the encoder.
    vectors (Optional[Union[str, Path]]): A pipeline with the word vectors that the encoder reads.
    lang (Optional[str]): Code of the language. Defaults to that of the pipeline which the encoder is from,
        or to "xx" if that is not known.
    RETURNS (Language): The pipeline.
    RAISES (ValueError): If the file is not that of an encoder, the language is unknown, or the word vectors are
        missing.
    """
    nlp = find_language(lang or read_encoder(Path(path)).lang or "xx")()
    if vectors is not None:
        load_vectors_into_model(nlp, vectors)
    load_encoder(path, nlp)
    return nlp
