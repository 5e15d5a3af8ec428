import numpy
import pytest

pytest.importorskip("sklearn")

from blobs import make_rows

from spacy_mtl.sklearn import ContrastiveTuner, FeedForwardTuner
from spacy_mtl.sklearn.array_training import get_weights


@pytest.fixture(params=[ContrastiveTuner, FeedForwardTuner])
def tuner(request):
    X, y = make_rows()
    return request.param(random_state=0, n_epochs=1).fit(X, y)


def models_of(tuner):
    return tuner._models if isinstance(tuner, ContrastiveTuner) else [tuner.output_, tuner.model_]


@pytest.mark.parametrize("what", ["loss", "gradient"])
def test_broken_numbers_change_nothing(tuner, what):
    models = models_of(tuner)
    before = get_weights(models)
    for model in models:
        model.inc_grad("b", numpy.full_like(model.get_param("b"), 0.5))
    if what == "gradient":
        models[-1].inc_grad("b", numpy.full_like(models[-1].get_param("b"), numpy.inf))
    n = tuner.n_updates_ + 1
    expected = "loss is nan" if what == "loss" else "gradient of parameter b"
    with pytest.raises(
        ValueError, match=rf"E874.*{type(tuner).__name__}: in batch {n} .*{expected}"
    ):
        tuner._update(models, numpy.nan if what == "loss" else 1.0)
    for old, new in zip(before, get_weights(models), strict=True):
        numpy.testing.assert_array_equal(old, new)
    # What is left of it would spoil the next batch.
    tuner.optimizer_.learn_rate = 0.1
    tuner._update(models, 1.0)
    assert all(numpy.isfinite(weights).all() for weights in get_weights(models))


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("kind", [ContrastiveTuner, FeedForwardTuner])
def test_a_training_that_diverges_is_told(kind):
    X, y = make_rows()
    with pytest.raises(ValueError, match=r"E874.*learning_rate \(1e\+38\)"):
        kind(random_state=0, learning_rate=1e38, validation_fraction=0.0).fit(X, y)
