"""Claims about Gaussian autoregressive worlds behind coupling layers and plane warps: LeJEPA's setting."""

from __future__ import annotations

from identify.coupling_encoder import CouplingConfig
from identify.encoders import EncoderConfig
from identify.latent_models import GaussianConfig
from identify.methods import LOG_DET, Method
from identify.predictors import PredictorConfig
from identify.training import FitConfig
from reports.budget_rules import peaks_at, within_budget, within_budget_text
from reports.claim import INCONCLUSIVE, SUPPORTED, Claim, Outcome
from reports.kernel_cca_cell import KernelCCACell, ShapeSweepCell
from reports.recovery_cell import RecoveryCell
from reports.theorems_lejepa import LEJEPA
from reports.world_choice import SampleSizes, WorldChoice
from synthetic import PLANE_MIXINGS, plane_world
from synthetic.coupling_world import coupling_world

SEEDS = (0, 1, 2)
MANY_SEEDS = (0, 1, 2, 3, 4)
FRESH_SEEDS = (5, 6, 7, 8, 9)  # the sweep's rule was settled while looking at seeds 0 to 4

# Isotropic residuals: the code is then z up to a similarity, not any affine map, and fewer restarts go astray.
MATCHED = Method("log det", latent=GaussianConfig("isotropic"))

_PUBLISHED = {2: ".999998", 8: ".999993", 16: ".999988", 64: ".999966", 256: ".999884"}


def matched_config(dim: int) -> FitConfig:
    """The mixing's inverse with learned weights.

    In few dimensions many starts end in poor optima: twenty-four of them run side by side, and the training objective,
    whose best value is known, chooses.
    """
    restarts, start, steps, batch = {
        2: (24, 1.0, 1500, 512),
        8: (8, 0.1, 1500, 512),
        16: (2, 0.1, 2500, 512),
        64: (1, 0.1, 4000, 1024),
        256: (1, 0.1, 2000, 1536),
    }[dim]
    return FitConfig(
        method=MATCHED,
        encoder=CouplingConfig(dim, layers=4, start=start),
        predictor=PredictorConfig("linear"),
        steps=steps,
        batch=batch,
        window=2,
        optimizer="muon" if dim >= 64 else "adamw",
        learning_rate=0.02,
        restarts=restarts,
    )


def perceptron_config(dim: int) -> FitConfig:
    """An encoder that does not know the mixing's structure."""
    width = 96 if dim < 64 else 192
    return FitConfig(
        method=LOG_DET,
        encoder=EncoderConfig(dim, (width, width, width), "leaky_relu", skip=True),
        predictor=PredictorConfig("linear"),
        steps=4000 if dim < 64 else 5000,
        batch=512,
        window=2,
        learning_rate=0.03,
    )


def lejepa_claims() -> tuple[Claim, ...]:
    """Matched encoders, perceptrons, kernel CCA, and the sweep over the shape of the latents."""
    return (
        *(_matched(dim, 0.9999, 60.0) for dim in (2, 8, 16, 64)),
        _matched(256, 0.999, 300.0),
        _perceptron(16, SUPPORTED),
        _perceptron(64, INCONCLUSIVE),
        *(_closed_form(name) for name in PLANE_MIXINGS),
        _shape_sweep(),
    )


def _coupling(dim: int) -> WorldChoice:
    return WorldChoice(f"coupling d={dim}", coupling_world, (("dim", dim),))


def _pairs(dim: int) -> SampleSizes:
    return SampleSizes(train={64: 400_000, 256: 100_000}.get(dim, 100_000), test=10_000, length=2)


def _matched(dim: int, threshold: float, seconds: float) -> Claim:
    cost = {2: 8.0, 8: 8.0, 16: 5.0, 64: 26.0, 256: 85.0}[dim]
    cell = RecoveryCell(
        f"coupling-{dim}/matched", _coupling(dim), matched_config(dim), _pairs(dim), SEEDS, cost * len(SEEDS)
    )
    return Claim(
        id=f"lejepa/matched-{dim}",
        theorem=LEJEPA.id,
        statement=(
            f"With an encoder of the mixing's inverse structure LDM recovers {dim} latents behind additive couplings, "
            f"with affine R² of {threshold:g} within {seconds:g} CPU-seconds"
        ),
        source="klindt2026lejepa, scaling experiment",
        published=_PUBLISHED[dim],
        score="r2_affine",
        cells=(cell,),
        rule=within_budget(threshold, seconds),
        rule_text=within_budget_text(threshold, seconds),
        expected=SUPPORTED,
    )


def _perceptron(dim: int, expected: frozenset[Outcome]) -> Claim:
    cell = RecoveryCell(
        id=f"coupling-{dim}/perceptron",
        world=_coupling(dim),
        config=perceptron_config(dim),
        sample=SampleSizes(train=200_000, test=10_000, length=2),
        seeds=SEEDS,
        cost=(20.0 if dim < 64 else 70.0) * len(SEEDS),
    )
    return Claim(
        id=f"lejepa/perceptron-{dim}",
        theorem=LEJEPA.id,
        statement=(
            f"With a perceptron as encoder LDM recovers {dim} latents behind additive couplings, with affine R² of .93 "
            "within two CPU-minutes"
        ),
        source="klindt2026lejepa, without the matched encoder",
        published="",
        score="r2_affine",
        cells=(cell,),
        rule=within_budget(0.93, 120.0),
        rule_text=within_budget_text(0.93, 120.0),
        expected=expected,
    )


def _closed_form(name: str) -> Claim:
    cell = KernelCCACell(
        id=f"{name.replace('_', '-')}/kernel-cca",
        world=WorldChoice(name.replace("_", "-"), plane_world, (("mixing", name),), seeded=False),
        seeds=MANY_SEEDS,
        cost=3.0 * len(MANY_SEEDS),
    )
    return Claim(
        id=f"lejepa/closed-form-{name.replace('_', '-')}",
        theorem=LEJEPA.id,
        statement=(
            f"Kernel CCA of consecutive observations, without training, recovers two latents behind a "
            f"{name.replace('_', ' ')}, with affine R² of .99 within ten CPU-seconds"
        ),
        source="klindt2026lejepa, plane mixings",
        published="",
        score="r2_affine",
        cells=(cell,),
        rule=within_budget(0.99, 10.0),
        rule_text=within_budget_text(0.99, 10.0)
        + " A fitted correlation above .955 (the law's is .95) is overfitting and makes it INCONCLUSIVE.",
        expected=SUPPORTED,
    )


def _shape_sweep() -> Claim:
    cell = ShapeSweepCell("shape-sweep/kernel-cca", (1.25, 1.5, 2.0, 3.0, 4.0, 8.0), FRESH_SEEDS, cost=40.0)
    return Claim(
        id="lejepa/shape-sweep",
        theorem=LEJEPA.id,
        statement="Of generalised normal latents those of shape 2, Gaussian ones, are recovered best",
        source="klindt2026lejepa, sweep over shapes",
        published="peak at 2",
        score="r2_affine",
        cells=(cell,),
        rule=peaks_at(2.0),
        rule_text=(
            "SUPPORTED: at shape 2 less is left unexplained than at every other shape (paired one-sided t tests over "
            "seeds on log10(1 - R²), at .05 over the number of other shapes). REFUTED: at another shape less is left, "
            "by the same test. INCONCLUSIVE: anything else."
        ),
        expected=SUPPORTED,
    )
