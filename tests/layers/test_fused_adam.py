"""The optimizer takes thinc's steps, and keeps thinc's state."""

import numpy
import pytest
from builders import SENTIMENT, TOPIC, initialize, make_examples, make_pipeline, step, weights_of
from numpy.testing import assert_allclose, assert_array_equal
from thinc.api import Adam, Optimizer

from spacy_mtl.layers.fused_adam import create_adam_v1

pytestmark = pytest.mark.usefixtures("kernels")

N_STEPS = 20
SHAPES = {(1, "W"): (5, 7), (1, "b"): (4,), (2, "W"): (3, 2, 6), (3, "E"): (50, 3)}
SETTINGS = {
    "defaults": {},
    "no clipping": {"grad_clip": 0.0},
    "clipping of all gradients": {"grad_clip": 1e-3},
    "clipping of some gradients": {"grad_clip": 4.0},
    "weight decay": {"L2": 0.05},
    "regularisation": {"L2": 0.05, "L2_is_weight_decay": False},
    "no averages": {"use_averages": False},
    "other moments": {"beta1": 0.5, "beta2": 0.8, "eps": 1e-3},
    "no moments": {"beta1": 0.0, "beta2": 0.0},
    "all at once": {"L2": 0.05, "grad_clip": 4.0, "use_averages": False, "beta1": 0.7},
}
CLOSE = {"rtol": 1e-4, "atol": 1e-6}


def make_pair(**settings):
    """Ours and thinc's, with one source of settings each, as schedules are used up."""
    return tuple(
        make(**{name: value() if callable(value) else value for name, value in settings.items()})
        for make in (create_adam_v1, Adam)
    )


def draw(shape, seed):
    rng = numpy.random.default_rng(seed)
    return (rng.normal(size=shape) * rng.choice([0.01, 0.3, 2.0])).astype("f")


def run(optimizer, n_steps=N_STEPS, **settings):
    """Take steps with all parameters. Returns the weights and the last gradients."""
    weights = {key: draw(shape, 99) for key, shape in SHAPES.items()}
    gradients = {}
    for i in range(n_steps):
        for j, key in enumerate(SHAPES):
            # Each parameter pauses now and then, as those of a head without documents do.
            if (i + j) % 5:
                gradients[key] = draw(SHAPES[key], (i, j))
                optimizer(key, weights[key], gradients[key], **settings)
        optimizer.step_schedules()
    return weights, gradients


def assert_equal_state(ours, thincs):
    assert dict(ours.nr_update) == dict(thincs.nr_update)
    for name in ("mom1", "mom2", "averages"):
        found, expected = getattr(ours, name), getattr(thincs, name)
        assert (found is None) == (expected is None)
        assert_equal_arrays(found or {}, expected or {})


def assert_equal_arrays(found, expected):
    assert found.keys() == expected.keys()
    for key, array in expected.items():
        assert found[key].shape == array.shape
        assert found[key].dtype == array.dtype
        assert numpy.linalg.norm(found[key] - array) <= 1e-4 * numpy.linalg.norm(array)


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_weights_and_state_equal_those_of_thinc(settings):
    ours, thincs = make_pair(learn_rate=0.02, **settings)
    assert_equal_arrays(run(ours)[0], run(thincs)[0])
    assert_equal_state(ours, thincs)


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_gradients_are_empty_after_a_step(settings):
    _, gradients = run(make_pair(learn_rate=0.02, **settings)[0], n_steps=3)
    assert gradients.keys() == SHAPES.keys()
    assert not any(gradient.any() for gradient in gradients.values())


def rates():
    return (0.1 / (1 + i) for i in range(12))


@pytest.mark.parametrize(
    "schedules",
    [
        {"learn_rate": rates},
        {"learn_rate": lambda: [0.1, 0.05, 0.01]},
        {"learn_rate": rates, "L2": rates, "grad_clip": rates, "beta1": rates, "eps": rates},
    ],
    ids=["generator", "list that ends early", "of all settings"],
)
def test_schedules_are_followed(schedules):
    ours, thincs = make_pair(**{"learn_rate": 0.02, **schedules})
    assert_equal_arrays(run(ours)[0], run(thincs)[0])
    assert ours.learn_rate == thincs.learn_rate


@pytest.mark.parametrize("L2", [0.0, 0.1])
def test_the_learning_rate_may_be_scaled_by_parameter(L2):
    ours, thincs = make_pair(learn_rate=0.02, L2=L2)
    assert_equal_arrays(run(ours, lr_scale=0.3)[0], run(thincs, lr_scale=0.3)[0])


def test_steps_without_a_gradient_go_on_with_the_moments():
    results = []
    for optimizer in make_pair(learn_rate=0.02, L2=0.01):
        weights = draw((4, 3), 0)
        optimizer((1, "W"), weights, draw((4, 3), 1))
        for _ in range(3):
            optimizer((1, "W"), weights, numpy.zeros((4, 3), dtype="f"))
        results.append(weights)
    assert_allclose(*results, **CLOSE)


def test_arrays_are_changed_in_place_and_returned():
    weights, gradient = draw((4, 3), 0), draw((4, 3), 1)
    before = weights.copy()
    found = create_adam_v1()((1, "W"), weights, gradient)
    assert numpy.shares_memory(found[0], weights)
    assert numpy.shares_memory(found[1], gradient)
    assert (weights != before).all()


def test_parameters_without_rows_are_left_alone():
    optimizer = create_adam_v1()
    empty = numpy.zeros((0, 3), dtype="f")
    assert optimizer((1, "E"), empty, empty)[0] is empty
    assert not optimizer.nr_update


def test_second_moments_are_as_exact_as_those_of_thinc():
    # 1 - beta2 is so small that sums in another order would lose half of the digits.
    ours, thincs = make_pair(learn_rate=0.02)
    for i in range(1, 4):
        for optimizer in (ours, thincs):
            optimizer((1, "W"), numpy.zeros((4, 50), dtype="f"), draw((4, 50), i))
    assert_allclose(ours.mom2[1, "W"], thincs.mom2[1, "W"], rtol=2e-6)


def test_gradients_that_are_not_finite_end_as_in_thinc():
    results = []
    for optimizer in make_pair(learn_rate=0.1):
        weights, gradient = draw((2, 3), 0), draw((2, 3), 1)
        gradient[0, 0] = numpy.nan
        optimizer((1, "W"), weights, gradient)
        results.append(weights)
    assert_allclose(*results, **CLOSE)


@pytest.mark.parametrize("which", ["weights", "gradient", "both"])
def test_arrays_in_another_order_are_stepped_as_by_thinc(which):
    results = []
    for optimizer in make_pair(learn_rate=0.02):
        weights, gradient = draw((4, 3), 0), draw((4, 3), 1)
        if which != "gradient":
            weights = numpy.asfortranarray(weights)
        if which != "weights":
            gradient = numpy.asfortranarray(gradient)
        results.append(optimizer((1, "W"), weights, gradient))
    for found, expected in zip(*results, strict=True):
        assert_allclose(found, expected, **CLOSE)


def test_arrays_of_double_precision_are_refused_as_by_thinc():
    messages = []
    for optimizer in make_pair(learn_rate=0.02):
        weights, gradient = (draw((4, 3), i).astype("d") for i in range(2))
        with pytest.raises(ValueError) as error:
            optimizer((1, "W"), weights, gradient)
        messages.append(str(error.value))
    assert messages[0] == messages[1]


def test_double_precision_without_moments_is_stepped_as_by_thinc():
    results = []
    for optimizer in make_pair(learn_rate=0.02, beta1=0.0, beta2=0.0, grad_clip=0.5):
        weights, gradient = (draw((4, 3), i).astype("d") for i in range(2))
        results.append(optimizer((1, "W"), weights, gradient)[0])
    assert_allclose(*results, **CLOSE)
    assert results[0].dtype == "float64"


def test_it_is_an_optimizer_of_thinc():
    assert isinstance(create_adam_v1(), Optimizer)


ROWS = SENTIMENT + TOPIC


def trained(optimizer):
    nlp = make_pipeline("sentiment", "topic")
    initialize(nlp, ROWS)
    for _ in range(3):
        step(nlp, make_examples(nlp, ROWS), optimizer)
    return nlp


def weights_of_all(nlp):
    return [array for _, pipe in nlp.pipeline for array in weights_of(pipe.model)]


def test_a_pipeline_learns_what_it_learns_with_thincs():
    found, expected = (weights_of_all(trained(make)) for make in make_pair(learn_rate=0.01))
    for a, b in zip(found, expected, strict=True):
        assert_allclose(a, b, rtol=1e-3, atol=1e-4)


def test_averages_can_be_used_in_a_pipeline():
    optimizer = create_adam_v1(learn_rate=0.01)
    nlp = trained(optimizer)
    before = weights_of_all(nlp)
    keys = [
        (node.id, name)
        for _, pipe in nlp.pipeline
        for node in pipe.model.walk()
        for name in node.param_names
    ]
    with nlp.use_params(optimizer.averages):
        for key, array in zip(keys, weights_of_all(nlp), strict=True):
            assert_array_equal(array, optimizer.averages[key])
    for a, b in zip(weights_of_all(nlp), before, strict=True):
        assert_array_equal(a, b)
