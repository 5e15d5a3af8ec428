"""The text of a new config, second half: corpora, training and initialization."""

from .config_template import ConfigTemplate

NO_LABELS_COMMENT = """\
# null: the labels are read from the training data, since a config cannot hold a label with "$".
"""
LATER_CORPUS_COMMENT = """\
# Its settings mean the same as those of [corpora.train].
"""


TRAINING = ConfigTemplate("""\
[corpora]

%{corpora}
[training]
# Corpora, by their place in this file.
train_corpus = "corpora.train"
dev_corpus = "corpora.dev"
seed = ${system.seed}
gpu_allocator = ${system.gpu_allocator}
# Share of values hidden at random between the layers. Higher (0.3 to 0.5) against overfitting on
# small data, lower (0.1) for large data or a short training. Without effect where drop_mult is set.
dropout = %{dropout}
# Updates only every so many sub-batches: a larger batch in the same memory.
accumulate_gradient = 1
# Stop after so many steps without a better mean score. 0: never. Lower saves time.
patience = %{patience}
# Passes over the data. 0: no limit but max_steps. -1: read the data as a stream, for files that do
# not fit into memory; then also set stream = true under [corpora.train].
max_epochs = 0
# The budget: number of batches. Chosen from the %{rows} rows of all tasks. Twice as many is the first
# thing to try if the scores still rise at the end.
max_steps = %{max_steps}
# Steps between two evaluations on the dev data. Fewer: a finer choice of the best model, more time.
eval_frequency = %{eval_frequency}
# Components that are not trained. A frozen encoder must stand in annotating_components too.
frozen_components = []
# Components whose predictions others read in training.
annotating_components = []
# Hooks: registered functions, called before saving and before every step.
before_to_disk = null
before_update = null

# Batches of one task each.
[training.batcher]
@batchers = "spacy_mtl.batch_by_task.v1"
# Texts per batch. 16 to 128. Larger: steadier and slower steps, so that learn_rate may be higher.
size = %{batch_size}
# Texts held at most while a stream is sorted into batches. Without effect in memory.
buffer = %{buffer}
# Seed of the order in which tasks and texts are drawn.
seed = ${system.seed}
# For an encoder that pads short texts, as transformers do: how many batches are drawn together and made up
# of texts of like length. 8 saves much padding. 0: none, as the encoder 'cnn' pads nothing.
sort_window = %{sort_window}

# Decides which task the next batch is of.
[training.batcher.sampler]
@misc = "spacy_mtl.TaskSampler.v1"
# "annealed" (from the next to "uniform" as training goes on: the encoder learns from large tasks
# first, small ones are not repeated before), "proportional" (by number of rows: large tasks dominate),
# "temperature" (between that and uniform), "uniform" and "round_robin" (all equally often: small
# tasks are repeated much) or "weights".
strategy = %{sampling}
# For "temperature": 1.0 is proportional; the higher, the nearer to uniform, which serves small tasks.
temperature = %{temperature}
# For "temperature": count no task as larger than this many rows. 0: no cap.
max_size = 0
# For "weights": one number per task, e.g. {"%{first}":2.0,...}.
weights = null
# For "annealed": steps until all tasks are drawn equally often.
anneal_steps = ${training.max_steps}

# A table per evaluation, and everything as training.jsonl in the output folder.
[training.logger]
@loggers = "spacy_mtl.MultitaskLogger.v1"
# Show a bar until the next evaluation.
progress_bar = true
# Print the table.
console_output = true
# Another place for training.jsonl.
output_file = null
# Write at each evaluation what `mtl train --resume` needs to go on with a run of `spacy train` that was
# interrupted. Runs of `mtl train` can always go on.
save_state = false

# thinc's Adam.v1, which takes its step in one go where the extra "fast" is installed.
[training.optimizer]
@optimizers = "spacy_mtl.Adam.v1"
# How long gradients (beta1) and their squares (beta2) are remembered. Rarely worth a change.
beta1 = 0.9
beta2 = 0.999
# Weight decay: pulls weights to zero. Higher (0.1) against overfitting.
L2_is_weight_decay = true
L2 = %{L2}
# Longest gradient. Lower is steadier.
grad_clip = %{grad_clip}
# Evaluate and save the average of the weights over the steps: steadier, nearly always better.
use_averages = %{use_averages}
# Keeps divisions finite.
eps = 0.00000001

# Size of a step: grows over the first steps, then shrinks evenly and is 0 at the last one.
[training.optimizer.learn_rate]
@schedules = "warmup_linear.v1"
# Its largest value. Higher (%{high_rate}) learns faster and less finely, lower (%{low_rate}) needs more steps.
initial_rate = %{learn_rate}
warmup_steps = %{warmup_steps}
# The step at which it is 0: max_steps above. Change both together. (A number, not a variable: spaCy
# reads the optimizer's settings also where variables are not filled in.)
total_steps = %{max_steps}

# The best model is the one with the best weighted mean of these. Equal weights: every task counts the
# same, however many rows it has. Raise the weight of the task that matters.
[training.score_weights]
%{score_weights}

%{pretraining}
[initialize]
vectors = ${paths.vectors}
init_tok2vec = ${paths.init_tok2vec}
# Words and lookups to add to the vocabulary. Not needed.
vocab_data = null
lookups = null
# Hooks: registered functions, called before and after the weights are made.
before_init = null
after_init = null

# The labels of each task, in the order of the scores. Labels may be added; removing one makes its
# texts an error.
[initialize.components]

%{loader}%{labels}
[initialize.tokenizer]
""")

CORPUS = ConfigTemplate("""\
# %{description}
[corpora.%{split}]
@readers = "spacy_mtl.MultitaskCorpus.v1"
path = ${paths.%{split}}
# Which files of the folder are read.
split = "%{split}"
# The tasks to read. A task that is added to the pipeline has to be added here. null: all there are.
tasks = %{tasks}
# Read at most so many rows per task. 0: all. Useful to try things out.
limit = 0
# Skip texts with more tokens. 0: none.
max_length = 0
# "raise" stops at rows that cannot be read and lists them, "skip" leaves them out with a warning.
on_error = "raise"
# Read the files again and again instead of holding them in memory. Needs max_epochs = -1.
stream = false
# Rows held to shuffle a stream. More shuffles better and takes more memory.
shuffle_buffer = %{shuffle_buffer}
# In a stream: how often each task is drawn. null: by its rows.
sampler = null
# Seed of the order of a stream.
seed = ${system.seed}
# File with raw text for a component "lmao", which learns from it beside the tasks. null: none.
raw = null
# Name of the component's task.
raw_task = "lmao"
# Read at most so many of these texts. 0: all.
raw_limit = 0
""")

LABELS = ConfigTemplate("""\
[initialize.components.%{name}]
%{comment}labels = %{labels}
""")
