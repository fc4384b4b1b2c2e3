"""Laws that hold for every row of table 1, and the bad input that every row refuses. No statement is statistical."""

import math
import re
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from identify import paired_methods
from identify.paired_methods import (
    BYOL,
    CATEGORICAL,
    CPC_LDM,
    INFO_NCE,
    NT_XENT,
    ROWS,
    SIMPLEX,
    SIMSIAM,
    VICREG,
    PairedMethod,
    vicreg_as_published,
)
from identify.paired_objectives.categorical_pair import CategoricalPair, CategoricalPlugIn
from identify.paired_objectives.dirichlet_pair import DirichletPair
from identify.paired_objectives.gaussian_entropies import LogDet, LogDetExpansion, Neighbours, VarianceCovariance
from identify.paired_objectives.gaussian_pair import GaussianPair
from identify.paired_objectives.kernel_entropies import Candidates, Kernel
from identify.paired_objectives.pair_entropy import StopGradient
from identify.paired_objectives.spherical_pair import SphericalPair
from tests.paired_codes import codes_of, distortion, normals, pair_for, raw_pair, symmetry, turned_predictor
from tests.unchecked_types import unchecked_types

OTHERS = (
    PairedMethod("Gaussian, neighbours", GaussianPair(0.7, "empirical"), Neighbours(3)),
    PairedMethod("Gaussian, neighbours, LDM", GaussianPair(0.7, "empirical"), Neighbours(2), "LDM"),
    PairedMethod("Gaussian, kernel", GaussianPair(0.7, "empirical"), Kernel()),
    PairedMethod("Gaussian, log det, empirical prior, LDM", GaussianPair(0.7, "empirical"), LogDet(), "LDM"),
    PairedMethod("sphere, neighbours", SphericalPair(2.0), Neighbours(3)),
    PairedMethod("sphere, lengths free", SphericalPair(2.0, "empirical", free_length=True), Candidates()),
    PairedMethod("sphere, self-term", SphericalPair(2.0), Kernel(self_term=True), symmetric=True),
    PairedMethod("simplex, candidates", DirichletPair(4.0, "empirical"), Candidates()),
    PairedMethod("categories, empirical prior, LDM", CategoricalPair(2.0, "empirical"), CategoricalPlugIn(), "LDM"),
)
METHODS = {one.name: one for one in (*ROWS, *OTHERS)}
every = pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)


@every
def test_symmetries_of_the_latent_model_are_not_seen_and_distortions_are(method):
    first, second = pair_for(method)
    value = float(method.loss(first, second))
    same, other = symmetry(method), distortion(method)
    assert float(method.loss(same(first), same(second))) == pytest.approx(value, abs=1e-9)
    assert abs(float(method.loss(other(first), other(second))) - value) > 1e-3


@every
def test_the_order_of_pairs_does_not_matter_and_their_partners_do(method):
    first, second = pair_for(method)
    value = float(method.loss(first, second))
    order = torch.randperm(len(first), generator=torch.Generator().manual_seed(0))
    assert float(method.loss(first[order], second[order])) == pytest.approx(value, abs=1e-10)
    assert float(method.objective(first, second[order]).alignment) < float(method.objective(first, second).alignment)


@every
def test_leading_dimensions_are_independent_batches(method):
    pairs = [pair_for(method, seed=seed) for seed in (0, 10)]
    together = method.loss(torch.stack([a for a, _ in pairs]), torch.stack([b for _, b in pairs]))
    alone = torch.stack([method.loss(*pair) for pair in pairs])
    assert torch.allclose(together, alone, atol=1e-10)


@every
def test_the_loss_is_minus_alignment_and_uniformity(method):
    first, second = pair_for(method)
    parts = method.objective(first, second, turned_predictor(method))
    assert parts.alignment.shape == parts.uniformity.shape == ()
    assert float(method.loss(first, second, turned_predictor(method))) == -float(parts.alignment + parts.uniformity)


@every
def test_gradients_are_those_of_the_value(method):
    """In the raw outputs, through the head; stopped targets have the gradient of the value with the target held."""
    raw_first, raw_second = (one.requires_grad_() for one in raw_pair(9, 3))
    predictor = turned_predictor(method)

    def loss(a, b):
        return method.loss(codes_of(method, a), codes_of(method, b), predictor)

    if not method.entropy.stops_gradient:
        assert torch.autograd.gradcheck(loss, (raw_first, raw_second))
        return
    forth = replace(method, symmetric=False)
    held = raw_second.detach()
    assert torch.autograd.gradcheck(
        lambda a: forth.loss(codes_of(method, a), codes_of(method, held), predictor), (raw_first,)
    )
    (unseen,) = torch.autograd.grad(loss(raw_first, raw_second), raw_second, allow_unused=True)
    assert (unseen is None or not bool(unseen.any())) != method.symmetric


@every
def test_single_precision_agrees_with_double(method):
    first, second = pair_for(method)
    assert float(method.loss(first.float(), second.float())) == pytest.approx(
        float(method.loss(first, second)), abs=2e-4
    )


def test_a_symmetric_method_is_the_mean_of_both_directions():
    first, second = pair_for(SIMSIAM)
    predictor = turned_predictor(SIMSIAM)
    both = 0.5 * (BYOL.loss(first, second, predictor) + BYOL.loss(second, first, predictor))
    assert float(SIMSIAM.loss(first, second, predictor)) == pytest.approx(float(both), abs=1e-12)
    assert abs(float(BYOL.loss(first, second, predictor) - both)) > 1e-4


LEARNED = {
    "sigma": lambda value: PairedMethod("x", GaussianPair(value, "empirical"), Kernel()),
    "beta": lambda value: PairedMethod("x", SphericalPair(value), Kernel()),
    "tau": lambda value: PairedMethod("x", DirichletPair(value), Kernel()),
    "beta of categories": lambda value: PairedMethod("x", CategoricalPair(value), CategoricalPlugIn()),
}


@pytest.mark.parametrize("make", LEARNED.values(), ids=LEARNED)
def test_a_scale_can_be_learned(make):
    """Its gradient is that of the whole objective, normalisers included."""
    first, second = pair_for(make(1.0))
    scale = torch.tensor(1.7, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda value: make(value).loss(first, second), (scale,))
    assert float(make(scale.detach()).loss(first, second)) == pytest.approx(
        float(make(1.7).loss(first, second)), abs=1e-12
    )


@every
def test_shapes_that_differ_are_named(method):
    first, second = pair_for(method)
    with unchecked_types():
        with pytest.raises(ValueError, match=r"first has shape \(12, 3\), second \(11, 3\); row i of both"):
            method.loss(first, second[:-1])
        with pytest.raises(ValueError, match=r"first has shape \(3,\); give codes as rows"):
            method.loss(first[0], second[0])
        with pytest.raises(ValueError, match=r"second has shape \(12, 3\), predictions \(12, 2\)"):
            method.loss(first, second, lambda z: z[:, :2])


@every
def test_one_row_is_not_enough(method):
    first, second = pair_for(method)
    with pytest.raises(ValueError, match="n=1 rows; an objective over pairs needs at least 2"):
        method.loss(first[:1], second[:1])


@pytest.mark.parametrize(
    ("method", "remedy"),
    [(NT_XENT, "divide each row by its norm"), (SIMPLEX, "map each row by softmax"), (CATEGORICAL, "by softmax")],
)
def test_rows_off_the_space_are_named(method, remedy):
    first, second = pair_for(method)
    off = second.clone()
    off[4] = off[4] * 1.01
    with pytest.raises(ValueError, match=rf"second has a row off the .* by 0\.01.*{remedy}"):
        method.loss(first, off)
    with pytest.raises(ValueError, match="first has a row off the"):
        method.loss(off, second)


def test_predictions_off_the_sphere_are_named_unless_their_length_is_free():
    first, second = pair_for(INFO_NCE)
    with pytest.raises(ValueError, match="predictions has a row off the sphere by 1; divide"):
        INFO_NCE.loss(first, second, lambda z: 2 * z)
    free = replace(INFO_NCE, model=replace(INFO_NCE.model, free_length=True))
    assert float(free.loss(first, second, lambda z: z)) == pytest.approx(float(INFO_NCE.loss(first, second)), abs=1e-12)
    assert math.isfinite(float(free.loss(first, second, lambda z: 2 * z)))


def test_codes_that_are_not_finite_or_negative_probabilities_are_named():
    first, second = pair_for(VICREG)
    second[3, 1] = math.nan
    with pytest.raises(ValueError, match="second has a row off the plane by inf; remove NaN and infinite entries"):
        VICREG.loss(first, second)
    for method in (SIMPLEX, CATEGORICAL):
        first, second = pair_for(method)
        second[2] = torch.tensor([1.2, -0.1, -0.1], dtype=torch.float64)
        with pytest.raises(ValueError, match=r"second has a row off the \w+ by inf; map each row by softmax"):
            method.loss(first, second)


@pytest.mark.parametrize("value", [0.0, -1.0, math.nan, math.inf])
@pytest.mark.parametrize(
    ("make", "name"),
    [(GaussianPair, "sigma"), (SphericalPair, "beta"), (DirichletPair, "tau"), (CategoricalPair, "beta")],
)
def test_scales_are_positive(make, name, value):
    for given in (value, torch.tensor(value)):
        with pytest.raises(ValueError, match=f"{name}={value}; give a finite number above 0"):
            make(given)


def test_knobs_that_do_not_fit_are_named():
    with pytest.raises(ValueError, match="space='simplex'; LogDet is for space plane"):
        PairedMethod("x", DirichletPair(), LogDet())
    with pytest.raises(ValueError, match="space='categories'; Kernel is for space plane or sphere or simplex"):
        PairedMethod("x", CategoricalPair(), Kernel())
    with pytest.raises(ValueError, match="form='LDM'; Candidates is for form MI"):
        replace(INFO_NCE, form="LDM")
    with pytest.raises(ValueError, match="prior='uniform'; Candidates is for prior empirical"):
        replace(INFO_NCE, model=SphericalPair(2.0))
    with pytest.raises(ValueError, match="form='MI'; StopGradient is for form LDM"):
        PairedMethod("x", SphericalPair(prior="empirical"), StopGradient())
    with pytest.raises(ValueError, match="form='LDM'; VarianceCovariance is for form MI"):
        PairedMethod("x", GaussianPair(), VarianceCovariance(), "LDM")
    with unchecked_types():
        with pytest.raises(ValueError, match="form='ELBO'; an objective is MI or LDM"):
            replace(VICREG, form="ELBO")
        with pytest.raises(ValueError, match="prior='uniform'; GaussianPair knows flat and empirical"):
            GaussianPair(1.0, "uniform")


def test_parts_that_an_estimator_lacks_are_named():
    z = normals(5, 2)
    with pytest.raises(ValueError, match="Candidates has no joint entropy; take Kernel"):
        Candidates().joint(z, z, GaussianPair())
    with pytest.raises(ValueError, match="VICReg's terms have no joint form; take LogDet"):
        VarianceCovariance().joint(z, z, GaussianPair())
    with pytest.raises(ValueError, match="categories have no kernel entropy; take CategoricalPlugIn"):
        CategoricalPair().exponents(z, z)


def test_numbers_out_of_range_are_named():
    with pytest.raises(ValueError, match="k=0; the neighbour's rank starts at 1"):
        Neighbours(0)
    with pytest.raises(ValueError, match=r"shift=-1\.0; a Dirichlet law needs positive parameters"):
        DirichletPair(shift=-1.0)
    with pytest.raises(ValueError, match="width=0; a code needs at least one dimension"):
        vicreg_as_published(0)
    with pytest.raises(ValueError, match=r"invariance=0\.0; without the invariance term"):
        vicreg_as_published(3, invariance=0.0)
    with pytest.raises(ValueError, match=r"probability=0\.1; of 10 categories it lies between 1/K and 1"):
        CategoricalPair.with_match(0.1, 10)
    with pytest.raises(ValueError, match="categories=1; give at least 2"):
        CategoricalPair.with_match(0.5, 1)
    with pytest.raises(ValueError, match="n=3 samples of dimension d=3; at least 4"):
        VICREG.loss(normals(3, 3), normals(3, 3, seed=1))
    with pytest.raises(ValueError, match="n=3 rows; an objective over pairs needs at least 4"):
        METHODS["Gaussian, neighbours"].loss(normals(3, 2), normals(3, 2, seed=1))


def test_the_page_of_methods_shows_code_that_runs_and_names_every_row():
    page = (Path(__file__).parent.parent / "docs" / "methods.md").read_text()
    names = {}
    exec(next(one for one in re.findall(r"```python\n(.*?)```", page, re.DOTALL) if "raw_other" in one), names)
    first, second = (codes_of(NT_XENT, names[one]) for one in ("raw", "raw_other"))
    assert float(names["loss"]) == float(NT_XENT.loss(first, second))
    table = set(re.findall(r"^\| `([A-Z_]+)`", page, re.MULTILINE))
    public = {name for name, value in vars(paired_methods).items() if isinstance(value, PairedMethod)}
    assert table == public | {"LINEAR_ICA"}
    assert {getattr(paired_methods, name) for name in public} == set(ROWS)


def test_names_are_different_and_values_compare():
    assert len(METHODS) == len(ROWS) + len(OTHERS)
    assert replace(NT_XENT, name=NT_XENT.name) == NT_XENT
    assert replace(CPC_LDM, entropy=Kernel(self_term=True)) != CPC_LDM
    assert LogDetExpansion() != LogDetExpansion(1.0)
