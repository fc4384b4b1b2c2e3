import numpy as np
import pytest
from scipy.linalg import orthogonal_procrustes, subspace_angles

from identify.metrics import amari_distance, dci, principal_angles, procrustes_r2, recovered_subspace
from identify.metrics.procrustes import rotation as fitted_rotation
from identify.splits import make_split
from tests.code_maps import rotation, shear, signed_permutation


def test_procrustes_equals_scipy_and_recovers_the_rotation():
    rng = np.random.default_rng(0)
    z, q = rng.standard_normal((500, 4)), rotation(4, rng)
    y = 2.5 * z @ q + 0.1 * rng.standard_normal((500, 4))
    found, factor = fitted_rotation(z, y)
    assert found == pytest.approx(orthogonal_procrustes(z, y)[0], abs=1e-10)
    assert factor == pytest.approx(2.5, abs=0.05)


def test_procrustes_r2_holds_for_similarities_only():
    rng = np.random.default_rng(1)
    z = rng.standard_normal((1000, 4))
    split, q = make_split(1000), rotation(4, rng)
    assert procrustes_r2(z, 3 * z @ q - 1, split).estimate == pytest.approx(1, abs=1e-12)
    assert procrustes_r2(z, 3 * z @ q - 1, split, scaled=False).estimate < 0.6
    assert procrustes_r2(z, z @ shear(4), split).estimate < 0.95
    with pytest.raises(ValueError, match=r"equal widths, got d=4 and m=3"):
        procrustes_r2(z, z[:, :3], split)


def test_amari_is_zero_for_scaled_permutations_and_known_in_two_dimensions():
    rng = np.random.default_rng(2)
    mixing = rng.standard_normal((4, 4))
    unmixing = 3 * signed_permutation(4, rng) @ np.linalg.inv(mixing)
    assert amari_distance(unmixing, mixing) == pytest.approx(0, abs=1e-12)
    # a rotation by angle a <= pi/4 leaves tan(a) in every row and column
    angle = 0.3
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    assert amari_distance(turn, np.eye(2)) == pytest.approx(np.tan(angle), abs=1e-12)
    assert amari_distance(np.ones((3, 3)), np.eye(3)) == pytest.approx(1)


@pytest.mark.parametrize(
    ("unmixing", "message"),
    [(np.eye(3), r"square matrices of one size"), (np.diag([1.0, 0.0]), r"a source is lost")],
)
def test_amari_names_bad_matrices(unmixing, message):
    with pytest.raises(ValueError, match=message):
        amari_distance(unmixing, np.eye(2))


@pytest.mark.parametrize("nonlinear", [False, True])
def test_dci_separates_permutations_from_rotations(nonlinear):
    rng = np.random.default_rng(3)
    z = rng.standard_normal((2000, 4))
    split = make_split(2000)
    good = dci(z, 2 * z @ signed_permutation(4, rng), split, nonlinear=nonlinear)
    assert min(good.disentanglement, good.completeness, good.informativeness.estimate) > 0.97
    bad = dci(z, z @ rotation(4, rng), split, nonlinear=nonlinear)
    assert bad.disentanglement < 0.8
    assert bad.informativeness.estimate > 0.97


def test_dci_of_known_importances():
    from identify.metrics.dci import disentanglement_of

    assert disentanglement_of(np.eye(3)) == pytest.approx(1)
    assert disentanglement_of(np.ones((3, 3))) == pytest.approx(0)
    # rows of weight 3 and 1 with disentanglement 1 and 0
    assert disentanglement_of(np.array([[3.0, 0.0], [0.5, 0.5]])) == pytest.approx(0.75)
    assert disentanglement_of(np.zeros((2, 2))) == 0


def test_subspaces_by_angle_and_by_recovery():
    rng = np.random.default_rng(4)
    a, b = rng.standard_normal((50, 2)), rng.standard_normal((50, 3))
    assert principal_angles(a, b) == pytest.approx(np.sort(subspace_angles(a, b)))
    z = rng.standard_normal((2000, 5)) @ shear(5)
    kept = rng.standard_normal((5, 2))
    found = recovered_subspace(z, z @ kept, make_split(2000))
    assert found.dimension == 2
    # the code z K reads exactly the functionals spanned by K
    assert principal_angles(found.directions, kept).max() < 0.1
    assert found.r2[:2] == pytest.approx(1, abs=1e-6)
    assert found.r2[2:].max() < 0.1
