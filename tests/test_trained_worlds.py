"""What training takes from violations of every kind: worlds, start codes, best known values, bounds, the rule for them.

Statistical tests: null law normal (means over independent pairs), 6 standard errors, false-alarm rate 2e-9 each; the
neighbours' bias is below .05 nats and the smallest defect .2.
"""

import dataclasses

import pytest
import torch

from identify.latent_models import GaussianConfig
from identify.methods import EntropyConfig, Method
from identify.objective import held_out_objective
from reports.claim import Outcome
from reports.encoder_input import encoder_input
from reports.falsification_methods import FREE_DENSITY, INFO_LDM, MATCHING, ROWS, method_cells
from reports.falsification_rules import falsified
from reports.trained_worlds import best_known, broken_bound, joint_latents, start_codes, world_of
from reports.witness_gap import Gap
from reports.world_choice import SampleSizes
from synthetic import InfoObjective, alignment_violations, info_violations, positive_controls, violations

INFO = info_violations()
BIAS = 0.05


def drawn(world, n=4000, seed=0):
    return world.sample(n, 2, torch.Generator().manual_seed(seed), torch.float64)


def test_worlds_of_all_carriers():
    for make in (*violations().values(), *alignment_violations().values()):
        made = make()
        assert (world_of(made), world_of(made, True)) == (made.world, made.twin)
    for make in INFO.values():
        made = make()
        assert (world_of(made), world_of(made, True)) == (made.signal.world, made.twin.world)
    control = positive_controls()["jumps"]()
    assert world_of(control, True) is world_of(control) is control.world


def test_a_code_under_a_condition_starts_with_the_condition():
    violation = INFO["common_cause"]()
    sample = drawn(violation.world, 50)
    codes = start_codes(violation, sample)
    assert torch.equal(codes[:, 0], sample.z[:, 0])
    assert torch.equal(codes[:, 1], sample.nuisance[:, 1])
    assert joint_latents(sample).shape == (50, 2, 2)
    with pytest.raises(ValueError, match="start='witness': this world violates nothing"):
        start_codes(None, sample)


METHOD_OF = {
    InfoObjective.MATCHING: MATCHING,
    InfoObjective.INFORMATION: FREE_DENSITY,
    InfoObjective.INFO_LDM: INFO_LDM,
}


@pytest.mark.parametrize("name", sorted(INFO))
def test_the_best_known_value_under_a_condition_is_what_the_theorem_asks(name):
    """`asked` in the violation's world (0 or I[s; c]), the whole I[s; c] in the twin."""
    violation = INFO[name]()
    method = METHOD_OF[violation.objective]
    assert ROWS[name].method == method
    found = best_known(violation, False, violation.world, drawn(violation.world), method, ROWS[name].width)
    assert abs(found.value - violation.asked) < 6 * found.standard_error + BIAS
    twin = world_of(violation, True)
    true = best_known(violation, True, twin, drawn(twin), INFO_LDM, ROWS[name].width)
    assert abs(true.value - violation.twin.signal_information) < 6 * true.standard_error + BIAS


def test_with_the_wrong_law_the_value_is_another():
    """A Gaussian in place of the cubes' own law: the divergence of 1.7 nats is missing."""
    violation = INFO["cubed_signal"]()
    gaussian = best_known(violation, False, violation.world, drawn(violation.world), INFO_LDM, 1)
    assert gaussian.value < violation.asked - 1


def test_an_encoder_of_the_condition_sees_the_first_frame_apart():
    x = torch.arange(12.0).reshape(2, 3, 2)
    seen = encoder_input(x, "condition")
    assert torch.equal(seen[:, 0, 2:], x[:, 0])
    assert torch.equal(seen[:, 1:, :2], x[:, 1:])
    assert not seen[:, 0, :2].any()
    assert not seen[:, 1:, 2:].any()


def test_bounds_are_those_of_the_violation():
    made = alignment_violations()["shifted_code"]()
    z = drawn(made.world).z[:, 1]
    assert broken_bound(made, z, made.witness(z))["value"] == pytest.approx(1)
    assert broken_bound(made, z, -z)["value"] == pytest.approx(0)
    assert broken_bound(INFO["redundant_statistic"](), z, z) == {
        "quantity": "dimensions of the statistic, against those of the code",
        "value": 2.0,
        "bound": 1.0,
    }
    for carrier in (None, alignment_violations()["no_alignment"](), positive_controls()["jumps"]()):
        assert broken_bound(carrier, z, z) is None


def run(inside: bool, value: float, reached: bool = True) -> dict:
    r2 = 0.999 if inside else 0.5
    return {
        "verdict": {"class": "affine" if inside else "nonlinear", "outcome": "SUPPORTED"},
        "scores": {"r2_affine": {"estimate": r2, "low": r2 - 0.01, "high": r2 + 0.0005}},
        "ladder": [{"class": "affine", "holds": inside, "loss": {"low": 0.6 - r2, "high": 1.0005 - r2}}],
        "gap": Gap(0.0, 0.0, "nats")._asdict(),
        "twin_gap": Gap(-1.0, 0.01, "nats")._asdict(),
        "bound": {"value": value, "bound": 0.5},
        "optimum": {"reached": reached},
    }


@pytest.mark.parametrize(
    ("trained", "outcome"),
    [
        (run(True, 1.0), Outcome.SUPPORTED),
        (run(True, 0.1), Outcome.INCONCLUSIVE),
        (run(False, 1.0), Outcome.INCONCLUSIVE),
        (run(True, 1.0, reached=False), Outcome.INCONCLUSIVE),
    ],
)
def test_where_only_a_bound_is_broken_a_trained_code_has_to_break_it(trained, outcome):
    cell = {"identified": False, "intact": False, "over_seeds": {"r2_affine": {"estimate": 0.9, "low": 0.8, "high": 1}}}
    witness = cell | {"kind": "witness", "violation_kind": "breaks_bound", "runs": [run(True, 1.0)]}
    learned = cell | {"kind": "training", "start": "witness", "runs": [trained]}
    assert falsified("affine")({"w": witness, "t": learned}).outcome is outcome


@pytest.mark.parametrize("name", ["common_cause", "cubed_signal", "laplace_latents", "level_set_flow"])
def test_cells_of_every_kind_compute(name):
    """Two steps of training; nothing is asserted about how well."""
    for cell in method_cells(name):
        config = dataclasses.replace(cell.config, steps=2, start_steps=2, batch=64)
        small = dataclasses.replace(cell, config=config, sample=SampleSizes(300, 300, 2), seeds=(0,))
        summary = small.compute("cpu", lambda done, of: None).summary
        assert summary["identified"] is summary["intact"]
        assert summary["runs"][0]["optimum"]["standard_error"] > 0
    assert method_cells("warped_latents") == ()


def test_a_density_replaces_the_gaussian_of_a_covariance():
    z = drawn(violations()["free_density"]().world, 300).z
    residuals, eye = z[:, 1:], torch.eye(2, dtype=torch.float64)
    own = torch.zeros(300, 1, dtype=torch.float64)
    method = Method("x", entropy=EntropyConfig("knn", k=3))
    free = dataclasses.replace(method, latent=GaussianConfig("conditional"))
    told, needed = (held_out_objective(z, residuals, eye, one, own).value for one in (method, free))
    assert told == needed != held_out_objective(z, residuals, eye, method).value
