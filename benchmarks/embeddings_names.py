"""The rows of the benchmark of embeddings, by name. Read by what computes them and by what writes the tables."""

ENCODER = "encoder"
#: Where embeddings come from.
SOURCES = (ENCODER, "minilm")
#: What bends them.
TUNER_TITLES = {
    "raw": "as they are",
    "feed_forward": "`FeedForwardTuner`",
    "contrastive": "`ContrastiveTuner`",
    "contrastive_partial": "`ContrastiveTuner`, other labels too",
    "encoder": "`EncoderTuner`",
    "encoder_partial": "`EncoderTuner`, other labels too",
}
STS_TITLES = {
    "floret": "mean of the floret vectors that LMAO predicts",
    "untrained": "encoder, not trained at all",
    "lmao": "LMAO",
    "multitask": "LMAO, ten sets with labels",
    "joint": "LMAO, ten sets with labels and the pairs in one training",
    "scratch_pairs": "the pairs alone",
    "multitask_pairs": "LMAO, ten sets with labels, the pairs last",
    "lmao_pairs": "LMAO, then the pairs",
    "minilm": "all-MiniLM-L6-v2 (90 MB; a billion pairs)",
}
