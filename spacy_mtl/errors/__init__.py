"""The texts of all errors and warnings, so that each is written once and can be searched for. Every text
names the part, what was found and what to do.
"""

from .add_task import AddTaskErrors
from .arguments import ArgumentErrors
from .bulk import BulkErrors, BulkWarnings
from .cli import CliErrors
from .damage import DamageErrors
from .data import DataErrors, RowErrors
from .engines import EngineErrors
from .estimators import EstimatorErrors
from .faults import FaultErrors
from .finetuning import FineTuningErrors
from .inference import InferenceErrors
from .numbers import NumberErrors
from .pairs import PairErrors, PairWarnings
from .parallel import ParallelErrors, ParallelWarnings
from .pipeline import PipelineErrors
from .pretraining import PretrainingErrors
from .report import ReportErrors
from .resuming import ResumingErrors, ResumingWarnings
from .review import ReviewErrors, ReviewWarnings
from .subwords import SubwordErrors
from .sweep import SweepErrors
from .training_report import TrainingReportErrors
from .transformers import TransformerErrors
from .tuners import TunerErrors, TunerWarnings
from .updating import UpdatingErrors

__all__ = ["Errors", "RowErrors", "Warnings"]


class Errors(
    DataErrors,
    PipelineErrors,
    PretrainingErrors,
    CliErrors,
    FineTuningErrors,
    PairErrors,
    UpdatingErrors,
    AddTaskErrors,
    SubwordErrors,
    TransformerErrors,
    EstimatorErrors,
    TunerErrors,
    TrainingReportErrors,
    ReviewErrors,
    ReportErrors,
    InferenceErrors,
    EngineErrors,
    FaultErrors,
    ParallelErrors,
    ResumingErrors,
    BulkErrors,
    SweepErrors,
    NumberErrors,
    ArgumentErrors,
    DamageErrors,
):
    """Texts of errors."""


class Warnings(
    PairWarnings, TunerWarnings, ReviewWarnings, ParallelWarnings, ResumingWarnings, BulkWarnings
):
    """Texts of warnings."""

    W101 = (
        "[W101] {count} of {total} rows left out of {path} (task '{task}'), because they are bad:\n"
        "{listed}"
    )
    W102 = "[W102] {count} texts of {path} (task '{task}') left out: {reason}."

    W201 = (
        "[W201] Component '{name}' predicts from documents that its encoder has not seen, so every "
        "document of the batch gets the same scores. Enable the encoder too: "
        'nlp.select_pipes(enable=["{upstream}", "{name}"]).'
    )
    W202 = (
        "[W202] [training.score_weights] has no entry for '{key}' of component '{name}', so that "
        "model-best will be chosen without it. Add {key} = 1.0 divided by the number of tasks."
    )
    W206 = (
        "[W206] numba is installed, but cannot be imported: {error}. The encoder uses NumPy instead, "
        "which is slower. Install versions of numba and NumPy that fit."
    )
    W205 = (
        "[W205] max_epochs = -1 reads the training data as a stream, but the reader of [corpora.train] has "
        "stream = false: texts come in the order of the files, one task after the other. Set stream = true."
    )
    W204 = (
        "[W204] The learning rate is 0 from step {total_steps} on, but [training] max_steps = {max_steps}. "
        "Set total_steps of [training.optimizer.learn_rate] to max_steps."
    )
    W280 = (
        "[W280] The word vectors that component '{name}' learns to predict are the vocabulary's own, so the "
        "saved pipeline will hold all {n} of them, and doc.vector will read them. If nothing in the pipeline "
        "needs them, set vectors in [components.{name}] and [initialize] vectors = null."
    )
    W207 = (
        "[W207] Batch {batch} of epoch {epoch} has no tokens and is left out, as others will be. Set min_length = 1 in the reader "
        "of the corpus to leave out empty texts."
    )
    W210 = (
        "[W210] {path} holds the weights of an earlier run: those of the same epochs will be overwritten, and the "
        "log goes on below theirs. Choose another folder to keep them apart."
    )
    W208 = (
        "[W208] learn_rate of [pretraining.optimizer] is a schedule, and pretraining stays at its first value, "
        "{value}. Set a number."
    )
    W209 = (
        "[W209] The run in {path} has hidden no words (mask_prob or hidden_share of [pretraining.objective] is 0), "
        "so that it has not learned to tell them from those around them. Expect little of what is found."
    )
    W203 = (
        "[W203] Component '{name}': class_weights = \"balanced\" were computed from {count} documents, "
        "because the corpus is streamed. State them in the config as label = weight instead."
    )
    W315 = (
        "[W315] --rehearse {mode} is without effect: with a frozen encoder nothing changes for the old tasks, "
        "so that there is nothing to rehearse."
    )
    W316 = (
        "[W316] The components {names} read the encoder, which is trained, but are no tasks of the factory "
        "'{factory}': nothing keeps them in place, and nothing here tells what they lose. Evaluate them, or choose "
        "--scenario frozen."
    )
    W310 = (
        "[W310] Component '{name}' has nothing to rehearse: call nlp.resume_training() before the pipeline "
        "learns anything new."
    )
    W311 = (
        "[W311] The encoder {path} has learned from the tokens of a pipeline of language '{found}', and this one is "
        "of language '{lang}'. Their words may differ: make the pipeline with spacy.blank(\"{found}\")."
    )
    W300 = (
        "[W300] Component '{name}' has frozen = {frozen!r}, but starts from random weights, which it will keep. "
        'Source it from a trained pipeline, load weights ([initialize] init_tok2vec), or set frozen = "none".'
    )
    W305 = (
        "[W305] The learning rate is to reach its lowest value at step {total_steps}, but [training] max_steps "
        "= {max_steps}. Set total_steps of [training.optimizer.learn_rate] to null: it is then max_steps."
    )
    W350 = (
        "[W350] {limit:,} of {total:,} texts are drawn, chosen at random. Raise --limit (limit=...) to see more, or "
        "set it to 0 for all."
    )
