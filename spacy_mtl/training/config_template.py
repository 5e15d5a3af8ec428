"""The text of a new config, first half: paths, pipeline and components. Every setting has a comment
that says what a change would do."""

import string

NO_NGRAMS = """\
# null: no linear model over n-grams beside the shared vector. For one, remove this line and add a
# section [components.NAME.model.ngrams] with @architectures = "spacy_mtl.NgramLinear.v1".
ngrams = null
"""


class ConfigTemplate(string.Template):
    """A template whose placeholders look like `%{name}`, since `${name}` is the config's own."""

    delimiter = "%"


#: The tokenizer of a new config.
TOKENIZER = """\
# Splits texts into tokens: spaCy's own tokenizer, which remembers more of what it has split.
[nlp.tokenizer]
@tokenizers = "spacy_mtl.Tokenizer.v2"
# How many strings it remembers, 100 bytes each. More is faster on large amounts of text.
cache_size = 200000
# How many characters without a space are split as a whole. More need time that grows with the square.
max_run = 1000
"""
SUBWORD_TOKENIZER = ConfigTemplate("""\
# Splits texts into subwords, so that a misspelt or rare word is made of known parts.
[nlp.tokenizer]
@tokenizers = "spacy_mtl.SubwordTokenizer.v1"
# Their file, see `mtl subwords`. The trained pipeline holds them itself.
path = %{subwords}
""")

LATER_TASK_COMMENT = ConfigTemplate("""\
# Its settings mean the same as those of [components.%{first}].
""")
HEAD = ConfigTemplate("""\
# %{n_tasks} on one shared encoder.
#
# Train:     python -m spacy train THIS.cfg --output training/NAME
# Try out:   python -m spacy train THIS.cfg --output training/NAME --training.max_steps 100
# Any setting can be changed on the command line in this way, by its section and name.
# Nothing needs a change for a decent result. Worth a try first: max_steps, learn_rate, width.

[paths]
# The folder with one file per task and split. Both may be the same folder.
train = %{data}
dev = %{data}
# Packaged or saved pipeline whose word vectors are loaded. Used if pretrained_vectors is true.
vectors = %{vectors}
# Encoder weights from `spacy pretrain`, a file named model-last.bin or alike. They help most when
# there are few labels and much raw text.
init_tok2vec = null
%{raw_paths}
[system]
# Another seed gives another start and another order. The scores differ by chance: compare settings
# over three seeds.
seed = 0
# "pytorch" or "tensorflow" to share the memory of a GPU with these libraries. Without effect on CPU.
gpu_allocator = null

[nlp]
# Language of the texts: chooses the tokenizer's rules.
lang = %{lang}
# The encoder first, then one component per task. Other components may be added.
pipeline = %{pipeline}
# Components that are loaded but not run until they are enabled.
disabled = []
# Hooks: registered functions that change the pipeline at these moments.
before_creation = null
after_creation = null
after_pipeline_creation = null
# Documents per batch in use and in evaluation. More is faster up to a point and takes more memory.
batch_size = 256

%{tokenizer}
# The table that holds word vectors, if any.
[nlp.vectors]
@vectors = "spacy.Vectors.v1"

[components]

# The shared encoder: text in, one vector per token out. All tasks train it.
[components.tok2vec]
factory = "multitask_tok2vec"
# What training leaves as it is: "none", "all", or a group of layers and all below it: "embed", "window1",
# "window2" and so on. For an encoder that was trained before.
frozen = "none"
# How much slower each group of layers learns than the one above it, the highest than the heads. 2.6 is a
# good start for an encoder that was trained before.
lr_decay = 1.0
# Factors to the learning rate by group of layers, e.g. {"embed": 0.1}. They win over lr_decay.
lr_scales = {}
# One number for all dropout, in the encoder and the heads, each place in its own proportion (1.0: 0.4 of
# the words' values, 0.3 between layers, 0.4 of the pooled vector). Higher (1.0) with few labels, lower
# (0.3) with many. null: the dropout of [training] is the rate of all places.
drop_mult = null
""")

CNN = ConfigTemplate("""\

[components.tok2vec.model]
@architectures = "spacy_mtl.HashEmbedCNN.v1"
# Size of the token vectors. Larger (128, 192) holds more if there is much data, and is slower in
# proportion to its square; smaller (64) is fast and enough for a few small tasks.
width = %{width}
# Number of layers. Each lets a token see window_size more neighbours on either side. 0 to 8; beyond
# 4 rarely pays for classification.
depth = %{depth}
# Rows of the hash table for words. More rows (10000) mean fewer collisions and a larger model.
embed_size = %{embed_size}
# Neighbours on either side that one layer reads. 2 looks further and costs nearly twice as much.
window_size = %{window_size}
# Linear pieces per unit. 2 is faster, 3 more expressive.
maxout_pieces = %{maxout_pieces}
# Embed prefix, suffix and shape beside the word. Without them it is smaller and faster, and knows
# less about rare and misspelt words.
subword_features = %{subword_features}
# Read the word vectors of [paths] too. Helps small data if the vectors fit the domain; the trained
# pipeline then contains them.
pretrained_vectors = %{pretrained_vectors}
# Chance to hide a token's word vector in training, so that the encoder learns to do without. Useful if
# it is pretrained, since it then predicts that vector.
vector_dropout = %{vector_dropout}
# Chance to hide a whole word in training. 0.1 to 0.2 makes the encoder rely less on single words:
# useful on small data.
word_dropout = %{word_dropout}
# How many of the columns (of width) are embeddings of word and character n-grams that go past the
# layers. 0: none. They are quick to learn and strong on small data; half of width is a good start.
ngram_width = %{ngram_width}
# Rows of the hash table for n-grams. More rows mean fewer collisions and a larger model.
ngram_rows = %{ngram_rows}
# Longest sequence of words. 1: single words only. 3 needs much data.
ngram_size = %{ngram_size}
# Shortest and longest sequence of characters. Longest 0: none. They help with misspellings, hashtags
# and word forms, and take time.
char_min = %{char_min}
char_max = %{char_max}
""")

TASK = ConfigTemplate("""\
# %{summary}
[components.%{name}]
factory = "textcat_multitask"
# Name of the task in doc.cats ("%{name}/label"). Must be the name of its files.
task = %{task}
# false: exactly one label per text (softmax). true: any number, also none (one yes or no per label).
multi_label = %{multi_label}
# Probability from which a label counts as given in scores. For multi-label tasks: lower finds more
# and errs more often; `spacy find-threshold` searches the best one. Unused with one label per text.
threshold = %{threshold}
# What an absent label of an annotated text means in a multi-label task: "zero" (it does not apply)
# or "unknown" (nobody looked: no loss, no score).
missing = %{missing}
# Factor of this task's loss. 2.0 makes the shared encoder serve this task more, at the expense of
# the others. The sampler below decides how often it is seen.
loss_weight = %{loss_weight}
# Weights of the labels in the loss: "none", "balanced" (all labels weigh the same in sum: better
# recall of rare ones, less accuracy), "sqrt_balanced" (half-way) or one number per label.
class_weights = %{class_weights}
# Share of the probability that targets leave to the other labels. 0.05 to 0.1 gives less confident
# predictions and can help with noisy labels.
label_smoothing = %{label_smoothing}
# The one number for all dropout.
drop_mult = ${components.tok2vec.drop_mult}
# What counts as this task's score: macro_f, micro_f, acc, macro_r, macro_p, macro_auc, "f:LABEL", or
# "macro_f:LABEL+LABEL" for the mean over some labels. The best model is chosen by it.
score_metric = %{score_metric}
# "all" leaves this task's head as it is, while it goes on teaching the encoder. "none" trains it.
frozen = "none"
# Factor to the learning rate of this head.
lr_scale = 1.0

# Scores annotated texts only.
[components.%{name}.scorer]
@scorers = "spacy_mtl.textcat_multitask_scorer.v1"

[components.%{name}.model]
@architectures = "spacy_mtl.TaskHead.v1"
# How token vectors become one vector: "mean" (the gist), "max" (the strongest signs) or both. Both
# is the safe choice.
pooling = %{pooling}
# Width of a hidden layer before the output. 0: none. 64 can help a task with much data.
hidden_width = %{hidden_width}
# Linear pieces per unit of the hidden layer. Without effect if there is none.
maxout_pieces = %{head_maxout_pieces}
# Bring the columns of that vector to the same size. The head then learns as fast from what varies little.
standardized = %{standardized}
# Must be the opposite of multi_label above.
exclusive_classes = %{exclusive_classes}
# Number of labels. null: counted.
nO = null
%{no_ngrams}
# Connects the head to the shared encoder.
[components.%{name}.model.tok2vec]
@architectures = "spacy_mtl.Tok2VecListener.v1"
# Must be equal to the encoder's width.
width = ${components.tok2vec.model.width}
# Name of the encoder in the pipeline.
upstream = "tok2vec"
""")

PAIRS = ConfigTemplate("""\
# %{summary}
[components.%{name}]
factory = "contrastive"
# Name of the task. Must be the name of its files.
task = %{task}
# "cosine" (the cosine of two embeddings comes near the score), "cosent" (of two pairs, the one with the
# higher score gets the higher cosine) or "in_batch" (texts that belong together are found among those of
# all pairs of the batch: for pairs that are all alike).
loss = %{pair_loss}
# Factor of the cosines for the last two. Higher minds the worst mistakes more.
scale = %{pair_scale}
# Scores of texts that have nothing in common, and of texts that mean the same. Read from the data.
score_min = %{score_min}
score_max = %{score_max}
# Factor of this task's loss. 2.0 makes the shared encoder serve this task more, at the expense of
# the others. The sampler below decides how often it is seen.
loss_weight = %{loss_weight}

# Embeds texts as doc._.embedding does: the mean of the token vectors.
[components.%{name}.model]
@architectures = "spacy_mtl.SentenceEncoder.v1"
# "mean", since this is what doc.similarity reads.
pooling = ["mean"]

# Connects the task to the shared encoder.
[components.%{name}.model.tok2vec]
@architectures = "spacy_mtl.Tok2VecListener.v1"
# Must be equal to the encoder's width.
width = ${components.tok2vec.model.width}
# Name of the encoder in the pipeline.
upstream = "tok2vec"
""")

NGRAMS = ConfigTemplate("""\

# A linear model over n-grams beside the shared vector: learns what is peculiar to this task. To do
# without, remove this section and write "ngrams = null" under [components.%{name}.model].
[components.%{name}.model.ngrams]
@architectures = "spacy_mtl.NgramLinear.v1"
# Longest sequence of words. 1: single words only. 3 needs much data.
ngram_size = %{head_ngram_size}
# Shortest and longest sequence of characters. Longest 0: none. They help with misspellings, hashtags
# and word forms, and take time.
char_min = %{head_char_min}
char_max = %{head_char_max}
# Rows of the hash table. Fewer make a smaller model with more collisions.
rows = %{head_ngram_rows}
# What is read of a word: "NORM" (normalised), "LOWER" or "ORTH" (as it is written).
attr = %{head_ngram_attr}
# Number of labels. null: counted.
nO = null
""")
