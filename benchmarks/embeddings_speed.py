"""How fast texts become arrays: the encoder beside a small sentence transformer and beside TF-IDF and SVD."""

import statistics
from functools import partial
from typing import Any

from embeddings_sections import Place
from embeddings_sources import Embed, load_encoder, minilm, sentence_encoder
from imdb_data import load
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import make_pipeline
from speed_timing import Side, time_in_turn
from tweeteval_data import load as load_tweets

N_SHORT, N_LONG = 1000, 100
N_COMPONENTS = 200


def speed(place: Place) -> dict[str, Any]:
    """Time all in turn, in one process, on one thread.

    place (Place): Where things are.
    RETURNS (dict): By kind of text and side, texts a second (median of five rounds), and how many times as fast
        the encoder is as each of the others (median of the rounds' ratios).
    """
    short = load_tweets(place.data_dir, "emotion", "test")[0][:N_SHORT]
    long = load(place.data_dir, "test")[0][:N_LONG]
    found: dict[str, Any] = {}
    encoder = sentence_encoder(load_encoder(place.data_dir, place.work))
    peer = minilm()
    for name, texts in (("short", short), ("long", long)):
        embeds: dict[str, Embed] = {
            "encoder": encoder,
            "minilm": peer,
            "tfidf_svd": _tfidf(texts),
        }
        sides: Any = {key: Side(partial(f, texts)) for key, f in embeds.items()}
        times = time_in_turn(sides)
        found[name] = {
            "texts": len(texts),
            "texts_per_second": {
                key: round(len(texts) / statistics.median(t.wall for t in all_times), 1)
                for key, all_times in times.items()
            },
            "times_as_fast_as": {
                key: round(
                    statistics.median(
                        b.wall / a.wall for a, b in zip(times["encoder"], times[key], strict=True)
                    ),
                    2,
                )
                for key in times
                if key != "encoder"
            },
        }
    return found


def _tfidf(texts: list[str]) -> Embed:
    """RETURNS (Callable): TF-IDF and SVD, fitted on the very texts (only transforming is timed)."""
    model = make_pipeline(
        TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2)),
        TruncatedSVD(min(N_COMPONENTS, len(texts) - 1)),
    )
    return model.fit(texts).transform  # type: ignore[no-any-return]
