"""The command line: `python -m spacy mtl`, a group of spaCy's own. One command a file, each a thin
wrapper around a plain function."""

from spacy.cli._util import app

from ._app import mtl_cli
from .add_task import add_task, add_task_cli
from .apply_review import apply_review, apply_review_cli
from .baselines import baselines_cli, train_baselines
from .compare import compare, compare_cli
from .convert import convert_cli
from .debug_data import debug_data_cli
from .doctor import diagnose, doctor_cli
from .embed import embed_cli
from .init_config import init_config, init_config_cli
from .leave_out import leave_out_cli
from .load_encoder import load_encoder_cli
from .nearest import find_nearest, nearest_cli
from .plot import plot_cli
from .predict import predict_cli
from .pretrain import pretrain_cli
from .raw_text import raw_text_cli
from .report import report_cli
from .review import review, review_cli
from .save_encoder import save_encoder_cli
from .similar import similar_cli
from .subwords import subwords_cli
from .vectors import vectors_cli

app.add_typer(mtl_cli)

__all__ = [
    "add_task",
    "add_task_cli",
    "apply_review",
    "apply_review_cli",
    "baselines_cli",
    "compare",
    "compare_cli",
    "convert_cli",
    "debug_data_cli",
    "diagnose",
    "doctor_cli",
    "embed_cli",
    "find_nearest",
    "init_config",
    "init_config_cli",
    "leave_out_cli",
    "load_encoder_cli",
    "mtl_cli",
    "nearest_cli",
    "plot_cli",
    "predict_cli",
    "pretrain_cli",
    "raw_text_cli",
    "report_cli",
    "review",
    "review_cli",
    "save_encoder_cli",
    "similar_cli",
    "subwords_cli",
    "train_baselines",
    "vectors_cli",
]
