"""STS-B: how well cosines of embeddings follow the similarity that people saw, and what each step adds."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy
import spacy
from embeddings_sections import Place
from embeddings_sources import minilm, read_rows, sentence_encoder
from finetune_bases import base_config, load_base, train_base
from spacy.language import Language
from spacy.training.initialize import init_nlp
from spacy.training.loop import train
from thinc.api import Config, use_ops
from tweeteval_pretrain import pretrain_encoder

from spacy_mtl.pipeline.pair_batch import spearman

SPLITS = ("dev", "test")
SCORE_MAX = 5.0
TASK = "stsb"
#: The multi-task pipelines are those of `finetune.py` without this task, trained from the pretrained encoder.
LEFT_OUT = "emotion"
#: Similarity of the texts at the same place of two lists.
Similarity = Callable[[list[str], list[str]], Any]


def sts(place: Place, system: str, seed: int) -> dict[str, Any]:
    """Score a system.

    place (Place): Where things are. Tweets and pipelines are in the folder `tweets` of the work folder.
    system (str): One of SYSTEMS.
    seed (int): Seed of whatever is trained.
    RETURNS (dict): Spearman's correlation times 100, for dev and test.
    """
    similarity = SYSTEMS[system](place, seed)
    found = {}
    for split in SPLITS:
        left, right, scores = _pairs(place, split)
        found[split] = round(100 * (spearman(similarity(left, right), scores) or 0.0), 2)
    return found


def _floret(place: Place, seed: int) -> Similarity:
    pretrain_encoder(place.data_dir, _work(place), {})
    nlp = spacy.load(_work(place) / "vectors")
    return _of(lambda texts: numpy.stack([nlp.make_doc(text).vector for text in texts]))


def _untrained(place: Place, seed: int) -> Similarity:
    return _of(sentence_encoder(_start(place, seed, None)))


def _lmao(place: Place, seed: int) -> Similarity:
    return _of(sentence_encoder(_start(place, seed, _work(place))))


def _multitask(place: Place, seed: int) -> Similarity:
    return _of(sentence_encoder(_base(place, seed)))


def _scratch_pairs(place: Place, seed: int) -> Similarity:
    return _learn(place, _start(place, seed, None), seed)


def _lmao_pairs(place: Place, seed: int) -> Similarity:
    return _learn(place, _start(place, seed, _work(place)), seed)


def _multitask_pairs(place: Place, seed: int) -> Similarity:
    return _learn(place, _base(place, seed), seed)


def _joint(place: Place, seed: int) -> Similarity:
    """Train pairs beside the tasks with labels, in one run of `spacy train`."""
    folder = _work(place) / "sts" / f"joint-{seed}"
    if not (folder / "model-best").exists():
        folder.mkdir(parents=True, exist_ok=True)
        config = base_config(place.data_dir, LEFT_OUT, seed, _work(place), others=[TASK])
        with use_ops("numpy", use_blis=False):
            train(init_nlp(config), folder, stdout=io.StringIO(), stderr=io.StringIO())
    return _of(sentence_encoder(load_base(folder / "model-best")))


def _minilm(place: Place, seed: int) -> Similarity:
    return _of(minilm())


def _start(place: Place, seed: int, work: Path | None) -> Language:
    """RETURNS (Language): A pipeline that no labels have taught, with the encoder that has read tweets or with
    a new one.
    """
    config: Config = base_config(place.data_dir, LEFT_OUT, seed, work)
    with use_ops("numpy", use_blis=False):
        return init_nlp(config)


def _base(place: Place, seed: int) -> Language:
    return load_base(train_base(place.data_dir, _work(place), LEFT_OUT, seed, pretrained=True))


def _learn(place: Place, nlp: Language, seed: int) -> Similarity:
    from spacy_mtl.sklearn import EncoderLearner

    learner = EncoderLearner(nlp, score_range=(0.0, SCORE_MAX), random_state=seed, progress=False)
    return learner.fit(*_pairs(place, "train")).similarity  # type: ignore[no-any-return]


def _of(embed: Callable[[list[str]], Any]) -> Similarity:
    def cosines(left: list[str], right: list[str]) -> Any:
        A, B = embed(left), embed(right)
        norms = numpy.linalg.norm(A, axis=1) * numpy.linalg.norm(B, axis=1)
        return (A * B).sum(axis=1) / numpy.maximum(norms, 1e-9)

    return cosines


def _pairs(place: Place, split: str) -> tuple[list[str], list[str], list[float]]:
    rows = read_rows(Path(place.data_dir) / TASK / f"{split}.jsonl.gz")
    return [r["text1"] for r in rows], [r["text2"] for r in rows], [r["score"] for r in rows]


def _work(place: Place) -> Path:
    return place.work / "tweets"


#: By name: what gives the similarities of a seed.
SYSTEMS: dict[str, Callable[[Place, int], Similarity]] = {
    "floret": _floret,
    "untrained": _untrained,
    "lmao": _lmao,
    "multitask": _multitask,
    "joint": _joint,
    "multitask_pairs": _multitask_pairs,
    "scratch_pairs": _scratch_pairs,
    "lmao_pairs": _lmao_pairs,
    "minilm": _minilm,
}
