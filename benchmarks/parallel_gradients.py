"""The other way to train with workers: gradients of all of them in every step.

Each worker computes the gradient of its batch, all of them exchange what is not zero, and each takes the same step
with the mean (synchronous data parallelism). A section of `parallel.py`.
"""

import time
from collections.abc import Iterator
from typing import Any

import numpy
from spacy.training.loop import create_evaluation_callback
from thinc.api import Config, NumpyOps, fix_random_seed, set_current_ops

from spacy_mtl.parallel.learners import TrainLearner
from spacy_mtl.parallel.shared_state import TABLE_ROWS
from spacy_mtl.ray_session import ray_session

#: Steps before the clock starts.
WARM_UP = 20
Gradients = dict[tuple[str, int, str], tuple[Any, Any]]


class GradientWorker:
    """Computes the gradients of every n-th batch, and takes the steps of all."""

    def __init__(self, rank: int, n_workers: int, config: Config) -> None:
        """Build the pipeline.

        rank (int): Its number.
        n_workers (int): How many there are.
        config (Config): The config.
        """
        set_current_ops(NumpyOps(use_blis=False))
        self._learner = TrainLearner(config)
        fix_random_seed(config["training"]["seed"])
        self._batches = self._own_batches(rank, n_workers)
        fix_random_seed(config["training"]["seed"] + rank)
        self._nodes = {
            (name, i): node
            for name, pipe in self._pipes()
            for i, node in enumerate(pipe.model.walk())
        }

    def run(self, parts: list[Gradients]) -> tuple[Gradients, int]:
        """Take the step of the last batches, and compute the gradients of the next one.

        parts (list): What the workers computed.
        RETURNS (tuple): Gradients by component, layer and parameter, with the rows that are not zero of tables, and
            the number of examples.
        """
        if parts:
            self._step(parts)
        examples = next(self._batches)
        T = self._learner.settings
        self._learner.nlp.update(
            examples,
            drop=self._learner._dropout,
            sgd=False,  # type: ignore[arg-type]
            exclude=T["frozen_components"],
            annotates=T["annotating_components"],
        )
        return self._collect(), len(examples)

    def score(self, parts: list[Gradients]) -> float:
        """Take the last step, and score the dev set with the averaged weights.

        parts (list): What the workers computed.
        RETURNS (float): The weighted score.
        """
        self._step(parts)
        learner = self._learner
        weights = learner.settings["score_weights"]
        evaluate = create_evaluation_callback(learner.nlp, learner.dev_corpus, weights)
        with learner.nlp.use_params(learner.optimizer.averages):
            return float(evaluate()[0])

    def _own_batches(self, rank: int, n_workers: int) -> Iterator[list[Any]]:
        for number, batch in enumerate(self._learner.batches()):
            if number % n_workers == rank:
                yield batch.items

    def _pipes(self) -> list[tuple[str, Any]]:
        return self._learner._trained()

    def _collect(self) -> Gradients:
        found: Gradients = {}
        for _, pipe in self._pipes():
            # An encoder goes back when it is asked for its step, or here.
            if hasattr(pipe, "_close_batch"):
                pipe._close_batch()
        used = {name for name, pipe in self._pipes() if pipe._has_gradient}
        for (name, i), node in self._nodes.items():
            for param in node.param_names if name in used else ():
                if not node.has_grad(param):
                    continue
                gradient = node.get_grad(param)
                if gradient.shape[0] >= TABLE_ROWS:
                    (rows,) = gradient.any(axis=1).nonzero()
                    found[name, i, param] = rows, gradient[rows]
                else:
                    found[name, i, param] = None, gradient.copy()
                gradient[...] = 0.0
        for _, pipe in self._pipes():
            pipe._has_gradient = False
        return found

    def _step(self, parts: list[Gradients]) -> None:
        pipes = dict(self._pipes())
        n_parts: dict[str, int] = {}
        for part in parts:
            for name in {key[0] for key in part}:
                n_parts[name] = n_parts.get(name, 0) + 1
        for part in parts:
            for (name, i, param), (rows, values) in part.items():
                node = self._nodes[name, i]
                if not node.has_grad(param):
                    node.set_grad(param, numpy.zeros_like(node.get_param(param)))
                gradient = node.get_grad(param)
                gradient[slice(None) if rows is None else rows] += values / n_parts[name]
                pipes[name]._has_gradient = True
        for pipe in pipes.values():
            pipe.finish_update(self._learner.optimizer)
        for _ in parts:
            self._learner.advance()


def train_gradients(config: Config, *, workers: int) -> dict[str, float]:
    """Train with gradients that are exchanged in every step.

    config (Config): The config.
    workers (int): The number of workers.
    RETURNS (dict): Examples a second, bytes that a worker sends in a step, and the dev score at the end.
    """
    n_steps = config["training"]["max_steps"] // workers
    with ray_session(workers) as ray:
        remote = ray.remote(num_cpus=1)(GradientWorker)
        all_workers = [remote.remote(rank, workers, config) for rank in range(workers)]
        parts: list[Any] = []
        n_examples, start = 0, 0.0
        for step in range(n_steps):
            if step == WARM_UP:
                n_examples, start = 0, time.perf_counter()
            results = [worker.run.options(num_returns=2).remote(parts) for worker in all_workers]
            n_examples += sum(ray.get([count for _, count in results]))
            parts = ray.get([gradients for gradients, _ in results])
        seconds = time.perf_counter() - start
        sent = sum(sum(a.nbytes for a in pair if a is not None) for pair in parts[0].values())
        dev = ray.get([worker.score.remote(parts) for worker in all_workers])[0]
    return {
        "examples_per_second": round(n_examples / seconds, 1),
        "bytes_sent": sent,
        "dev": dev,
    }
