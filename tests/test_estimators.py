"""Estimators obey scikit-learn's conventions, save without pickle, and stand in a Pipeline and in ituna's ensemble.

No statistical assertions: trainings are a few steps long, and what is asserted is exact.
"""

import warnings

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from identify.estimators import LDM, KalmanLDM, LinearICA, PredictiveLDM
from identify.estimators.sequences import sequence_rows

QUICK = {"steps": 6, "hidden": (4,), "random_state": 0}
ESTIMATORS = [LDM(**QUICK), PredictiveLDM(**QUICK), KalmanLDM(**QUICK), LinearICA(restarts=1, random_state=0)]
LATENT = ESTIMATORS[:3]


@pytest.fixture
def x():
    rng = np.random.default_rng(4)
    z = np.zeros((6, 30, 3))
    for t in range(1, 30):
        z[:, t] = 0.8 * z[:, t - 1] + rng.laplace(size=(6, 3))
    return z.reshape(-1, 3) @ rng.standard_normal((3, 3))


@parametrize_with_checks(ESTIMATORS)
def test_conventions_of_scikit_learn(estimator, check):
    check(estimator)


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda one: type(one).__name__)
def test_saved_and_loaded_it_codes_and_scores_the_same(estimator, x, tmp_path):
    fitted = clone(estimator).fit(x)
    fitted.save(tmp_path / "model.safetensors")
    loaded = type(estimator).load(tmp_path / "model.safetensors")
    np.testing.assert_array_equal(loaded.transform(x), fitted.transform(x))
    assert loaded.score(x) == fitted.score(x)
    assert loaded.get_params() == fitted.get_params()
    other = LinearICA if type(estimator) is not LinearICA else LDM
    with pytest.raises(ValueError, match=f"not a {other.__name__}: load it with its own class"):
        other.load(tmp_path / "model.safetensors")


def test_a_damaged_file_is_named(tmp_path):
    (tmp_path / "bad.safetensors").write_bytes(b"no tensors")
    with pytest.raises(ValueError, match=r"bad\.safetensors cannot be read"):
        LDM.load(tmp_path / "bad.safetensors")


@pytest.mark.parametrize("estimator", LATENT, ids=lambda one: type(one).__name__)
def test_groups_and_sequence_length_say_the_same(estimator, x):
    groups = np.repeat(np.arange(6), 30)
    by_groups = clone(estimator).fit(x, groups=groups)
    by_length = clone(estimator).set_params(sequence_length=30).fit(x)
    np.testing.assert_array_equal(by_groups.transform(x), by_length.transform(x))
    assert by_groups.score(x, groups=groups) == by_length.score(x)
    assert not np.array_equal(clone(estimator).fit(x).transform(x), by_groups.transform(x))


def test_the_filter_follows_one_sequence_and_forgets_the_others(x):
    fitted = clone(KalmanLDM(**QUICK, states=3, sequence_length=30)).fit(x)
    states = fitted.filter(x)
    assert states.shape == (180, 3)
    np.testing.assert_allclose(fitted.filter(x[30:60]), states[30:60], atol=1e-9)
    changed = x.copy()
    changed[45:60] += 1
    np.testing.assert_allclose(fitted.filter(changed)[:45], states[:45], atol=1e-9)
    assert np.abs(fitted.filter(changed)[45:60] - states[45:60]).max() > 1e-6


@pytest.mark.parametrize(
    ("groups", "length", "message"),
    [
        (np.zeros(4), 2, "both given"),
        (np.zeros(3), None, "one label a row"),
        (None, 3, "does not divide"),
    ],
)
def test_sequences_that_do_not_fit_are_refused(groups, length, message):
    with pytest.raises(ValueError, match=message):
        sequence_rows(4, groups, length)


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda one: type(one).__name__)
def test_works_in_a_pipeline(estimator, x):
    line = make_pipeline(StandardScaler(), clone(estimator)).fit(x)
    assert np.isfinite(line.transform(x)).all()
    assert np.isfinite(line.score(x))


@pytest.mark.parametrize("estimator", [LATENT[1], ESTIMATORS[3]], ids=lambda one: type(one).__name__)
def test_works_in_the_consistency_ensemble_of_ituna(estimator, x):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from ituna import ConsistencyEnsemble
        from ituna.metrics import Affine, PairwiseConsistency

        ensemble = ConsistencyEnsemble(clone(estimator), PairwiseConsistency(Affine()), random_states=[0, 1])
        assert np.isfinite(ensemble.fit(x).score(x))
