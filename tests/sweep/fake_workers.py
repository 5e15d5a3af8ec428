"""Workers that report scores without training."""

from collections.abc import Iterator
from contextlib import contextmanager

from spacy.util import load_config_from_str

from spacy_mtl.sweep.trial import Report


class FakeWorkers:
    """Reports what a function tells of a config: scores by step, or why it has failed."""

    def __init__(self, scores):
        self.scores = scores
        self.jobs = []
        self._ready = []
        self._left = {}

    @contextmanager
    def open(self, engine, n, *, address=None) -> Iterator["FakeWorkers"]:
        yield self

    def send(self, worker, job):
        if job is not None:
            self.jobs.append(job)
            found = self.scores(load_config_from_str(job.config, interpolate=True))
            self._left[worker] = self._reports(job.number, found)
        self._ready.append(worker)

    def receive(self):
        worker = self._ready.pop(0)
        return worker, next(self._left[worker])

    def _reports(self, number, found):
        if isinstance(found, BaseException):
            raise found
        if isinstance(found, str):
            yield Report(number, "failed", reason=found)
            return
        best, names = max(found.values()), {"weighted": ["liked_score"]}
        for step, score in found.items():
            yield Report(
                number, step=step, score=score, best=score, scores={"liked_score": score}, **names
            )
        yield Report(number, "complete", best=best, scores={"liked_score": best}, **names)
