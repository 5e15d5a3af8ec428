"""What the heads of a pipeline say about texts, as targets for others or for themselves later on."""

from collections.abc import Iterable, Iterator, Sequence

from spacy.language import Language

from ..util import join_key, task_cats


def soft_targets(
    nlp: Language, texts: Iterable[str], tasks: Sequence[str]
) -> Iterator[dict[str, float]]:
    """Predict the probabilities of some tasks.

    nlp (Language): The pipeline.
    texts (Iterable[str]): The texts.
    tasks (Sequence[str]): The tasks.
    YIELDS (Dict[str, float]): For each text the probabilities by ``task/label``. They sum to 1 for a task with
        one label a text.
    """
    for doc in nlp.pipe(texts):
        yield {
            join_key(task, label): value
            for task in tasks
            for label, value in task_cats(doc.cats, task).items()
        }
