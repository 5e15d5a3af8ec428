import numpy
import pytest

from spacy_mtl.layers.pair_losses import (
    contrastive,
    cosent,
    cosine_regression,
    in_batch_negatives,
    supervised_contrastive,
)

SCORES = numpy.array([0.9, 0.1, 0.5, 0.5, -0.3])
LABELS = numpy.array([0, 1, 0, -1, 1])
GROUPS = numpy.array([0, 1, 0, 2, 3])


def by_score(A, B):
    return cosine_regression(A, B, SCORES)


def by_order(A, B):
    return cosent(A, B, SCORES, scale=5.0)


def by_partner(A, B):
    return in_batch_negatives(A, B, scale=3.0)


def by_partner_of_other_groups(A, B):
    return in_batch_negatives(A, B, scale=3.0, groups=GROUPS)


def by_label(A, B):
    loss, dX = supervised_contrastive(numpy.concatenate([A, B]), numpy.tile(LABELS, 2), scale=3.0)
    return loss, dX[: len(A)], dX[len(A) :]


def by_mask(A, B):
    some = numpy.random.default_rng(1).random((10, 10))
    loss, dX = contrastive(numpy.concatenate([A, B]), some < 0.3, some > 0.6, scale=3.0)
    return loss, dX[: len(A)], dX[len(A) :]


LOSSES = [by_score, by_order, by_partner, by_partner_of_other_groups, by_label, by_mask]


@pytest.fixture
def pair():
    rng = numpy.random.default_rng(0)
    return rng.normal(size=(5, 4)), rng.normal(size=(5, 4)) * 3


def numeric_gradient(loss, X, step=1e-6):
    gradient = numpy.zeros_like(X)
    for i in numpy.ndindex(X.shape):
        before = X[i]
        X[i] = before + step
        above = loss()
        X[i] = before - step
        gradient[i] = (above - loss()) / (2 * step)
        X[i] = before
    return gradient


@pytest.mark.parametrize("loss", LOSSES)
def test_gradients_are_those_of_the_loss(loss, pair):
    A, B = pair
    _, dA, dB = loss(A, B)
    numpy.testing.assert_allclose(dA, numeric_gradient(lambda: loss(A, B)[0], A), atol=1e-7)
    numpy.testing.assert_allclose(dB, numeric_gradient(lambda: loss(A, B)[0], B), atol=1e-7)
    assert numpy.abs(dA).max() > 1e-3


@pytest.mark.parametrize("loss", LOSSES)
def test_a_zero_vector_has_no_gradient(loss, pair):
    A, B = pair
    A[0] = 0
    value, dA, dB = loss(A, B)
    assert numpy.isfinite(value)
    assert not dA[0].any()
    assert numpy.isfinite(dA).all() and numpy.isfinite(dB).all()


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("factor", [1e-6, 1e30])
def test_length_of_vectors_does_not_count(loss, factor, pair):
    A, B = (X.astype("float32") for X in pair)
    assert loss(A * numpy.float32(factor), B)[0] == pytest.approx(loss(A, B)[0], rel=1e-4)


@pytest.mark.parametrize("loss", LOSSES)
def test_gradients_have_the_type_of_the_vectors(loss, pair):
    A, B = (X.astype("float32") for X in pair)
    before = A.copy()
    value, dA, dB = loss(A, B)
    assert isinstance(value, float)
    assert dA.dtype == dB.dtype == "float32"
    assert dA.shape == dB.shape == A.shape
    numpy.testing.assert_array_equal(A, before)


@pytest.mark.parametrize("loss", LOSSES)
def test_a_step_downhill_lowers_the_loss(loss, pair):
    A, B = pair
    value, dA, dB = loss(A, B)
    assert loss(A - 0.01 * dA, B - 0.01 * dB)[0] < value


def test_no_pairs_have_no_loss():
    none = numpy.zeros((0, 4), dtype="float32")
    for loss, *gradients in [
        cosine_regression(none, none, []),
        cosent(none, none, []),
        in_batch_negatives(none, none),
        supervised_contrastive(none, numpy.zeros(0, dtype=int)),
    ]:
        assert loss == 0.0
        assert all(d.shape == (0, 4) for d in gradients)


def test_cosine_regression_is_zero_where_cosines_equal_scores(pair):
    A, _ = pair
    loss, dA, _ = cosine_regression(A, -2 * A, -numpy.ones(5))
    assert loss == pytest.approx(0)
    assert numpy.abs(dA).max() < 1e-12


def test_cosine_regression_does_not_depend_on_the_batch_size(pair):
    A, B = pair
    twice = cosine_regression(numpy.tile(A, (2, 1)), numpy.tile(B, (2, 1)), numpy.tile(SCORES, 2))
    assert twice[0] == pytest.approx(cosine_regression(A, B, SCORES)[0])


def test_cosent_reads_the_order_of_the_scores_only(pair):
    A, B = pair
    loss, dA, _ = cosent(A, B, SCORES)
    other, d_other, _ = cosent(A, B, SCORES * 100 + 7)
    assert other == loss
    numpy.testing.assert_array_equal(d_other, dA)


def test_cosent_of_equal_scores_has_nothing_to_say(pair):
    loss, dA, dB = cosent(*pair, numpy.ones(5))
    assert loss == 0.0
    assert not dA.any() and not dB.any()


def test_cosent_with_a_large_scale_stays_finite(pair):
    A, B = (X.astype("float32") for X in pair)
    loss, dA, _ = cosent(A, B, SCORES, scale=10_000.0)
    assert numpy.isfinite(loss) and numpy.isfinite(dA).all()


def test_in_batch_negatives_is_low_for_partners_and_high_for_others(pair):
    A, _ = pair
    assert in_batch_negatives(A, A)[0] < in_batch_negatives(A, numpy.roll(A, 1, axis=0))[0]


def test_rows_of_one_group_alone_have_no_negatives(pair):
    loss, dA, dB = in_batch_negatives(*pair, groups=numpy.zeros(5, dtype=int))
    assert loss == pytest.approx(0)
    assert not dA.any() and not dB.any()


def test_supervised_contrastive_equals_its_formula(pair):
    X, _ = pair
    units = X / numpy.linalg.norm(X, axis=1, keepdims=True)
    rows = [0, 1, 2, 4]
    losses = []
    for i in rows:
        total = sum(numpy.exp(2.0 * units[i] @ units[a]) for a in rows if a != i)
        partners = [p for p in rows if p != i and LABELS[p] == LABELS[i]]
        losses.append(
            -numpy.mean([numpy.log(numpy.exp(2.0 * units[i] @ units[p]) / total) for p in partners])
        )
    assert supervised_contrastive(X, LABELS, scale=2.0)[0] == pytest.approx(numpy.mean(losses))


def test_rows_without_label_take_no_part(pair):
    X, _ = pair
    known = LABELS >= 0
    loss, dX = supervised_contrastive(X, LABELS)
    expected, d_expected = supervised_contrastive(X[known], LABELS[known])
    assert loss == pytest.approx(expected)
    assert not dX[~known].any()
    numpy.testing.assert_allclose(dX[known], d_expected)


def test_rows_without_partner_are_negatives_of_the_others(pair):
    X, _ = pair
    with_single = supervised_contrastive(X, numpy.array([0, 0, 1, 1, 2]))
    without = supervised_contrastive(X[:4], numpy.array([0, 0, 1, 1]))
    assert with_single[0] > without[0]
    assert with_single[1][4].any()


def test_unknown_pairs_do_not_count(pair):
    X, _ = pair
    alike = numpy.zeros((5, 5), dtype=bool)
    alike[0, 1] = alike[1, 0] = True
    unlike = numpy.zeros((5, 5), dtype=bool)
    unlike[0, 2] = True
    _, dX = contrastive(X, alike, unlike)
    assert dX[:3].any(axis=1).all()
    assert not dX[3:].any()
