"""The text of a new config where it differs for a transformer: the encoder, and where its weights come from."""

from .config_template import ConfigTemplate

TRANSFORMER = ConfigTemplate("""\

# A transformer. It has learned from large texts already, which helps most where labels are few, and is much
# larger and slower than the usual encoder. It needs the extra: pip install "spacy-mtl[transformers]"
# Its groups of layers for "frozen" and "lr_scales" are "embed", then "layer1" to "layer%{depth}".
[components.tok2vec.model]
@architectures = "spacy_mtl.TransformerTok2Vec.v1"
# "bert", "roberta", "xlmr" or "camembert". This and the sizes down to vocab_size are those of the model
# named in [initialize.components.tok2vec.loader], as its config.json says.
kind = %{kind}
width = %{width}
depth = %{depth}
n_heads = %{n_heads}
inner_width = %{inner_width}
vocab_size = %{vocab_size}
# Most pieces of words read at once, at most 512. Longer texts are read in overlapping spans. Longer spans
# (256) see more of a long text and take more time and memory.
window = %{span_window}
# Pieces from the start of a span to that of the next. Equal to window: no overlap, which is faster.
stride = %{span_stride}
# Most spans in one call of the transformer. They are sorted by length first, so that fewer (8) means less
# padding and less memory, which suits a CPU.
span_batch = %{span_batch}
""")

LOADER = ConfigTemplate("""\
[initialize.components.tok2vec]

# The trained transformer. A saved pipeline holds all of it and does not need this again.
[initialize.components.tok2vec.loader]
@misc = "spacy_mtl.PretrainedTransformer.v1"
# A folder with a model as Hugging Face's libraries save it, or the name of one on their Hub.
name = %{model}
# Its version on the Hub. null: the latest.
revision = null
# false: random weights, trained from scratch. That needs much more data.
weights = true

""")
