"""Claims about rows of table 1: rules on made-up summaries, the oracle, a cell on a small world, and its figures."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy import stats

from identify import LOG_DET, EncoderConfig, FitConfig, PredictorConfig
from identify.objective import HeldOut
from identify.paired_methods import INFO_NCE, JEPA, NT_XENT, SIMCLR_UNIFORM, SIMPLEX, VICREG
from identify.paired_objectives.dirichlet_pair import DirichletPair
from identify.paired_objectives.gaussian_pair import GaussianPair
from identify.paired_objectives.kernel_entropies import Kernel
from identify.paired_objectives.spherical_pair import SphericalPair
from reports.claim import Outcome
from reports.figures import eigenspectra, gradient_cosines
from reports.forms_rules import (
    all_recover,
    cosine_rises,
    differences,
    forms_agree,
    mutual_information_matters,
    scale_is,
)
from reports.optimum import optimum_evidence
from reports.over_seeds import over_seeds
from reports.paired_cell import PairedCell, settled
from reports.paired_oracle import paired_oracle
from reports.store import Record
from reports.world_choice import SampleSizes, WorldChoice
from synthetic import axial_sphere, constant_circle, markov_gaussian, simplex_walk, sphere_walk

NOISE = (0.001, -0.001, 0.002, 0.0, -0.002)


def summary(form, level, estimator="Kernel", gap=None, spread=1.0):
    evidence = None if gap is None else optimum_evidence(HeldOut(1.0 - gap, 0.1), HeldOut(1.0, 0.1))
    scores = [level + spread * one for one in NOISE]
    runs = [
        {
            "seed": seed,
            "scores": {"r2_affine": {"estimate": one}},
            "optimum": evidence,
            "scale": 10 * one,
        }
        for seed, one in enumerate(scores)
    ]
    spans = {"r2_affine": over_seeds(scores, 1.0), "scale": over_seeds([10 * one for one in scores])}
    return {"form": form, "estimator": estimator, "runs": runs, "over_seeds": spans}


def forms(*levels, **more):
    return {form: summary(form, level, **more) for form, level in zip(("MI", "LDM"), levels, strict=True)}


@pytest.mark.parametrize(
    ("levels", "spread", "agree", "matter"),
    [
        ((0.99, 0.985), 1.0, "SUPPORTED", "REFUTED"),
        ((0.99, 0.6), 1.0, "REFUTED", "SUPPORTED"),
        ((0.6, 0.99), 1.0, "REFUTED", "INCONCLUSIVE"),
        ((0.99, 0.93), 0.0, "REFUTED", "SUPPORTED"),
        ((0.99, 0.97), 1.0, "INCONCLUSIVE", "INCONCLUSIVE"),
    ],
)
def test_the_two_forms_are_compared_within_a_margin(levels, spread, agree, matter):
    both = forms(*levels, spread=spread)
    both["LDM"]["runs"][0]["scores"]["r2_affine"]["estimate"] += 0.004
    assert forms_agree()(both).outcome is Outcome[agree]
    assert mutual_information_matters()(both).outcome is Outcome[matter]


def test_differences_are_paired_by_seed_and_simultaneous():
    both = forms(0.9, 0.8)
    values = np.array([0.03, 0.05, 0.1, 0.02, 0.04])
    for run, value in zip(both["LDM"]["runs"], values, strict=True):
        run["scores"]["r2_affine"]["estimate"] = 0.9 + NOISE[run["seed"]] - value
    other = {f"other {form}": summary(form, 0.9, "Neighbours") for form in ("MI", "LDM")}
    (one,) = differences(both)
    two, _ = differences(both | other)
    interval = stats.t.interval(0.95, 4, values.mean(), stats.sem(values))
    assert (one.low, one.high) == pytest.approx(interval)
    assert (two.low, two.high) == pytest.approx(stats.t.interval(0.975, 4, values.mean(), stats.sem(values)))
    with pytest.raises(ValueError, match="no estimator has cells of both forms: give the claim pairs"):
        differences({"MI": both["MI"]})


def test_codes_above_the_true_latents_are_counted():
    said = mutual_information_matters()(forms(0.99, 0.5, gap=-0.5)).reason
    assert "5 of 5 codes of F_LDM have a held-out F above" in said
    assert "0 of 5" in mutual_information_matters()(forms(0.99, 0.5, gap=-0.2)).reason
    assert "0 of 0" in mutual_information_matters()(forms(0.99, 0.5)).reason


@pytest.mark.parametrize(
    ("level", "gap", "outcome"),
    [
        (0.99, 0.1, "SUPPORTED"),
        (0.9, 0.1, "REFUTED"),
        (0.9, 0.5, "INCONCLUSIVE"),
        (0.9, -0.5, "INCONCLUSIVE"),
        (0.9, None, "INCONCLUSIVE"),
    ],
)
def test_a_run_below_the_threshold_refutes_at_its_optimum_only(level, gap, outcome):
    assert all_recover("r2_affine", 0.98)({"cell": summary("MI", level, gap=gap)}).outcome is Outcome[outcome]


def test_scales_and_cosines_have_rules_that_can_fail():
    assert scale_is(9.9, 0.05)({"cell": summary("MI", 0.99)}).outcome is Outcome.SUPPORTED
    assert scale_is(12.0, 0.05)({"cell": summary("MI", 0.99)}).outcome is Outcome.INCONCLUSIVE
    early = [0.2, 0.3, 0.1, 0.25, 0.2]

    def outcome(late):
        return cosine_rises(0.6)({"cell": {"cosines": {"early": early, "late": late}}}).outcome

    assert outcome([0.7, 0.8, 0.75, 0.7, 0.8]) is Outcome.SUPPORTED
    assert outcome([0.5, 0.55, 0.5, 0.5, 0.5]) is Outcome.INCONCLUSIVE
    assert outcome([-0.5, -0.4, -0.6, -0.5, -0.5]) is Outcome.REFUTED


def _pairs(world, n=2048):
    return world.sample(n, 2, torch.Generator().manual_seed(1)).z


SPHERE = replace(INFO_NCE, model=SphericalPair(10.0, "empirical"), entropy=Kernel())


@pytest.mark.parametrize(
    ("world", "method"),
    [
        (sphere_walk(kappa=10.0), SPHERE),
        (sphere_walk(kappa=10.0), replace(SIMCLR_UNIFORM, model=SphericalPair(10.0))),
        (simplex_walk(kappa=30.0), replace(SIMPLEX, model=DirichletPair(27.0), predicts=True)),
        (markov_gaussian(2, 0.1), replace(JEPA, model=GaussianPair(math.sqrt(0.1), "empirical"), entropy=Kernel())),
        (axial_sphere(kappa=2.0).world, replace(SPHERE, learns_scale=True)),
        (constant_circle(kappa=2.0).world, replace(SPHERE, learns_scale=True)),
    ],
)
def test_true_latents_beat_those_whose_partners_are_shuffled(world, method):
    """The true law is worth more than the same law on independent pairs, by far more than ten standard errors."""
    z = _pairs(world)
    true = paired_oracle(world, z, method)
    wrong = torch.stack((z[:, 0], z[:, 1].roll(1, 0)), 1)
    false = paired_oracle(world, wrong, method)
    apart = true.value - false.value
    if world.name == "constant_circle":
        assert apart == pytest.approx(0, abs=1e-3)
    else:
        assert apart > 10 * true.standard_error


def test_there_is_no_oracle_outside_the_model_class():
    world = sphere_walk(kappa=10.0)
    z = _pairs(world, 256)
    assert paired_oracle(world, z, SPHERE) is not None
    for method in (
        replace(SPHERE, model=SphericalPair(5.0, "empirical")),
        replace(JEPA, model=GaussianPair(0.1, "empirical")),
    ):
        assert paired_oracle(world, z, method) is None
    plane = markov_gaussian(2, 0.1)
    assert paired_oracle(plane, _pairs(plane, 256), replace(VICREG, model=GaussianPair(math.sqrt(0.1)))) is None
    moved = simplex_walk(kappa=30.0)
    assert paired_oracle(moved, _pairs(moved, 256), replace(SIMPLEX, model=DirichletPair(27.0))) is None
    pole = constant_circle(kappa=10.0).world
    uniform = replace(SPHERE, model=SphericalPair(10.0))
    assert paired_oracle(pole, _pairs(pole, 256), uniform) is None


CELL = PairedCell(
    "sphere/nt-xent",
    WorldChoice("sphere", sphere_walk, (("kappa", 10.0),)),
    FitConfig(
        method=replace(NT_XENT, model=SphericalPair(10.0, "empirical")),
        encoder=EncoderConfig(3, (8,)),
        predictor=PredictorConfig("linear"),
        steps=20,
        batch=64,
        window=2,
        history_every=2,
        gradient_cosines=True,
    ),
    SampleSizes(500, 400, 2),
    (0, 1),
    1.0,
)


def test_a_cell_leaves_scores_evidence_cosines_and_spectra_and_its_figures_read_them():
    result = CELL.compute("cpu", lambda done, total: None)
    assert [run["seed"] for run in result.summary["runs"]] == [0, 1]
    assert all(run["optimum"]["oracle"] > run["optimum"]["objective"] for run in result.summary["runs"])
    assert result.arrays["history/cosine"].shape == (2, len(result.arrays["history/step"]))
    spectra = result.arrays["spectrum/codes"]
    assert np.allclose(spectra.sum(1), 1)
    assert (np.diff(spectra, axis=1) <= 0).all()
    record = _record(result)
    for figure, title in ((gradient_cosines, "cosine of their gradients"), (eigenspectra, "Eigenspectra of the codes")):
        assert title in figure.draw({"cell": record}).title
        assert figure.draw({}) is None


def _record(result):
    record = object.__new__(Record)
    for name, value in (("cell", CELL.id), ("summary", result.summary), ("arrays", result.arrays)):
        object.__setattr__(record, name, value)
    return record


def test_a_code_of_one_point_and_two_stragglers_has_collapsed_and_one_of_two_points_has_not():
    codes = torch.full((400, 2), 0.5)
    codes[:2] = 1.0
    assert bool((settled(codes) == 0.5).all())
    codes[:20] = 1.0
    assert torch.equal(settled(codes), codes)


def test_cells_refuse_sequences_and_methods_for_series():
    with pytest.raises(ValueError, match=r"sample.length=3: this cell trains on pairs, take 2"):
        replace(CELL, sample=SampleSizes(500, 400, 3))
    with pytest.raises(ValueError, match="method='log det' is for series: take a PairedMethod"):
        replace(CELL, config=replace(CELL.config, method=LOG_DET, gradient_cosines=False))
