"""How what workers have learned is averaged."""

from typing import Any

import numpy
import pytest
from builders import SENTIMENT, initialize, make_pipeline
from thinc.api import Adam, Linear, Model, Optimizer

from spacy_mtl.layers.fused_adam import create_adam_v1
from spacy_mtl.parallel.shared_state import TABLE_ROWS, SharedState
from spacy_mtl.training.learned_params import find_params

OPTIMIZERS = {"thinc": Adam, "fused": create_adam_v1}


class Worker:
    """A table and a vector, and what learns them."""

    def __init__(self, optimizer: Optimizer, n_rows: int = TABLE_ROWS) -> None:
        self.model: Model = Linear(nO=n_rows, nI=3)
        self.model.initialize()
        rng = numpy.random.default_rng(0)
        self.model.set_param("W", rng.normal(size=(n_rows, 3)).astype("f"))
        self.optimizer = optimizer
        self.state = SharedState(find_params(self.model), optimizer)

    def learn(self, rows: dict[int, float], b: bool = False) -> None:
        gradient = numpy.zeros_like(self.model.get_param("W"))
        for row, value in rows.items():
            gradient[row] = value
        keys: dict[str, Any] = {"W": gradient}
        if b:
            keys["b"] = numpy.ones_like(self.model.get_param("b"))
        for name, array in keys.items():
            weights, _ = self.optimizer(
                (self.model.id, name), self.model.get_param(name), array.copy()
            )
            self.model.set_param(name, weights)

    @property
    def W(self) -> Any:
        return self.model.get_param("W").copy()


@pytest.fixture(params=OPTIMIZERS)
def workers(request) -> list[Worker]:
    return [Worker(OPTIMIZERS[request.param](learn_rate=0.01)) for _ in range(3)]


def parts_of(*workers: Worker) -> Any:
    return [(progress, arrays.copy()) for progress, arrays in (w.state.collect() for w in workers)]


def test_a_part_that_is_alone_is_taken_as_it_is(workers):
    first, second, _ = workers
    first.learn({3: 0.5}, b=True)
    second.state.load(parts_of(first))
    assert numpy.array_equal(first.W, second.W)
    (_, arrays), (_, loaded) = parts_of(first)[0], parts_of(second)[0]
    assert numpy.array_equal(arrays, loaded)


def test_all_have_the_same_afterwards(workers):
    for number, worker in enumerate(workers):
        for _ in range(3):
            worker.learn({number: 0.5, 7: 0.1 * number}, b=True)
    parts = parts_of(*workers)
    for worker in workers:
        worker.state.load(parts)
    arrays = [worker.state.collect()[1] for worker in workers]
    assert all(numpy.array_equal(arrays[0], array) for array in arrays)


def test_a_row_that_one_worker_met_keeps_its_step(workers):
    first, second, _ = workers
    first.learn({3: 0.5, 9: 0.2})
    second.learn({4: 0.5, 9: 0.4})
    moved, other = first.W, second.W
    first.state.load(parts_of(first, second))
    numpy.testing.assert_allclose(first.W[3], moved[3])
    numpy.testing.assert_allclose(first.W[4], other[4])
    numpy.testing.assert_allclose(first.W[9], (moved[9] + other[9]) / 2, rtol=1e-6)


def test_an_old_momentum_is_no_gradient(workers):
    first, second, _ = workers
    for worker in (first, second):
        worker.learn({3: 0.5})
    parts = parts_of(first, second)
    for worker in (first, second):
        worker.state.load(parts)
        for _ in range(50):
            worker.learn({8: 0.1})
    first.learn({5: 1.0})
    second.learn({6: 1.0})
    (progress, _), _ = parts_of(first, second)
    assert numpy.flatnonzero(progress.touched["0.W"]).tolist() == [5, 8]


def test_a_parameter_counts_by_its_updates():
    first, second = (Worker(Adam(0.01), n_rows=5) for _ in range(2))
    for _ in range(3):
        first.learn({0: 0.5})
    second.learn({0: -0.5})
    second.learn({0: 0.1}, b=True)
    expected = (3 * first.W + 2 * second.W) / 5
    b = second.model.get_param("b").copy()
    first.state.load(parts_of(first, second))
    numpy.testing.assert_allclose(first.W, expected, rtol=1e-5)
    numpy.testing.assert_array_equal(first.model.get_param("b"), b)
    assert first.optimizer.nr_update[first.model.id, "W"] == 3


def test_what_no_optimizer_moves_is_taken_from_who_has_changed_it():
    first, second = (Worker(Adam(0.01), n_rows=5) for _ in range(2))
    parts = parts_of(first)
    for worker in (first, second):
        worker.state.load(parts)
    second.model.set_param("b", numpy.ones(5, dtype="f"))
    first.state.load(parts_of(first, second))
    assert first.model.get_param("b").tolist() == [1.0] * 5


def test_without_averages():
    first, second = (Worker(Adam(0.01, use_averages=False)) for _ in range(2))
    first.learn({1: 0.5})
    second.state.load(parts_of(first))
    assert numpy.array_equal(first.W, second.W)


def test_another_model_is_refused(tmp_path):
    first, second = Worker(Adam(0.01)), Worker(Adam(0.01), n_rows=4)
    first.state.check(first.state.description, tmp_path)
    with pytest.raises(ValueError, match="E272"):
        first.state.check(second.state.description, tmp_path)


def test_an_encoder_forgets_what_it_remembers():
    nlp = make_pipeline("sentiment")
    initialize(nlp, SENTIMENT)
    encoder, docs = nlp.get_pipe("tok2vec"), [nlp.make_doc("a lovely film")]
    state = SharedState(find_params(encoder.model), Adam(0.01, use_averages=False))
    progress, arrays = state.collect()
    before = [encoder.predict(docs)[0].copy() for _ in range(3)][-1]
    state.load([(progress, 2.0 * arrays)])
    after = encoder.predict(docs)[0].copy()
    assert not numpy.allclose(after, before)
    for node in encoder.model.walk():
        for name in node.param_names:
            # To give a parameter away counts as a change.
            node.get_param(name)
    numpy.testing.assert_array_equal(encoder.predict(docs)[0], after)
