"""The text of a new config: pretraining on raw text, or none."""

from .config_template import ConfigTemplate

NO_PRETRAINING = """\
# For `spacy pretrain`. Empty: no pretraining. `mtl init-config --pretrain` writes it.
[pretraining]
"""

RAW_PATHS = ConfigTemplate("""\
# Raw text, one {"text": ...} a line, without texts of the dev and test data: see `mtl raw-text`.
raw_text = %{raw_text}
# A pipeline with the word vectors that pretraining predicts: see `mtl vectors`. The trained pipeline does
# not contain them.
target_vectors = %{target_vectors}
""")

RAW_CORPUS = """\
# What the encoder is pretrained on.
[corpora.pretrain]
@readers = "spacy.JsonlCorpus.v1"
path = ${paths.raw_text}
# Skip texts with fewer or more tokens. 0: none.
min_length = 2
max_length = 0
# Without effect in spaCy 3.8: to try things out, use a shorter file.
limit = 0
"""

PRETRAINING = ConfigTemplate("""\
# Pretraining: the encoder reads raw text and learns to predict word vectors.
#
# Pretrain:  python -m spacy mtl pretrain THIS.cfg OUTPUT (or spacy pretrain, which cannot be resumed)
# Then:      python -m spacy train THIS.cfg --paths.init_tok2vec OUTPUT/model-last.bin ...
[pretraining]
# Passes over the raw text. More (5) if there are fewer than a million words.
max_epochs = %{pretrain_epochs}
# Share of values hidden at random between the layers. Low: the masks below are noise enough.
dropout = %{pretrain_dropout}
# Save weights after so many batches, beside those after each epoch. null: not.
n_save_every = null
# Save weights after so many epochs. null: after each.
n_save_epoch = null
# Component and part of its model that is pretrained. "": all of it.
component = "tok2vec"
layer = ""
corpus = "corpora.pretrain"

[pretraining.batcher]
@batchers = "spacy.batch_by_words.v1"
# Words per batch.
size = %{pretrain_batch_size}
# Leave out texts that are longer than a batch.
discard_oversize = false
tolerance = 0.2
get_length = null

[pretraining.objective]
@architectures = "spacy_mtl.LMAO.v1"
# Distance of prediction and target: "L2" or "cosine".
loss = %{lmao_loss}
# "all": predict every token. "masked": only those that are masked, which takes less time and teaches an
# encoder of texts less.
tokens = %{lmao_tokens}
# What is predicted: "word" (a token's vector), "trigram" (also its neighbours', which can be half a point
# better for classification), "head" (its syntactic head's; needs parsed texts), "document" (the rest of
# the text), or several with their weights: {"word":1.0,"document":0.5}.
target = %{lmao_target}
# Scale target vectors to length 1, so that frequent words do not make up most of the loss.
normalize = true
# "sif": frequent words count less in the mean of a text. "none": all words count the same.
weighting = %{lmao_weighting}
# Leave out punctuation. Whitespace and words without a vector always are.
skip_punctuation = false
# Share of the tokens that are masked. Higher (0.3): more is guessed from the neighbours.
mask_prob = %{lmao_mask_prob}
# Shares of the masked tokens that are hidden, and replaced by another word. The rest is shown.
hidden_share = 0.8
replaced_share = 0.1
# Width of a hidden layer before the prediction. 0: none, which makes the encoder's mean over a text say
# most about the text.
hidden_size = 0
# Pieces of the hidden layer. Without effect if there is none.
maxout_pieces = 3
# Where the target vectors are.
vectors = ${paths.target_vectors}
# Weights of an earlier pretraining to go on from, e.g. on general text. null: from scratch.
init_tok2vec = null
# Evaluations on held-out text on the way. For some, remove this line and add a section
# [pretraining.objective.monitor] with @misc = "spacy_mtl.PretrainMonitor.v1".
monitor = null

[pretraining.optimizer]
@optimizers = "spacy_mtl.Adam.v1"
beta1 = 0.9
beta2 = 0.999
L2_is_weight_decay = true
# Weight decay. Low: there is more raw text than the encoder can learn by heart.
L2 = %{pretrain_L2}
grad_clip = 1.0
# Save the average of the weights over the steps.
use_averages = true
eps = 0.00000001
# Size of a step.
learn_rate = %{pretrain_learn_rate}
""")
