"""Falsification rows whose objective or latent model is another than LDM with Gaussians of constant covariance.

| row | codes are learned by, in the violation's world | in the intact twin |
|---|---|---|
| covariance or density free (V3, V4, V11) | MI form, the law's parameters depend on the past | one covariance |
| one term of InfoLDM alone (F1, F2) | matching: LDM form; information: MI form, free density | MI form |
| nuisance, diversity, hyperplane (F3, F4, F5) | MI form, which is InfoLDM | the same |
| alignment (L1 to L5) | sum of correlations of whitened codes, as the violation says | as its twin says |

InfoLDM is -KL(q || p) + I[z; z_c] = <log p(z|z_c)> + H[z] with p(z_c) = q(z_c): the MI form, with an encoder of its own
for the condition. [mikulasch2026ldm; mikulasch2026infoldm; klindt2026lejepa]
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from identify.encoders import EncoderConfig
from identify.latent_models import GaussianConfig
from identify.methods import EntropyConfig, Method
from identify.predictors import PredictorConfig
from identify.training import FitConfig
from identify.whitened_alignment import WhitenedConfig
from reports.encoder_input import Sees
from reports.training_cell import SampleSizes, TrainingCell, WorldChoice
from reports.witness_gap import AnyViolation
from synthetic import alignment_violations, info_violations, violations

SEEDS = (0, 1, 2)
SAMPLE = SampleSizes(train=100_000, test=4_000, length=2)
_SCORES = ("r2_affine", "r2_nonlinear")
_NEIGHBOURS = EntropyConfig("knn", k=3)
_PENALTY = 20.0
"""Weight of the distance to the normal law beside correlations: a few sums of correlations where codes are far off."""

INFO_LDM = Method("kNN, MI form", entropy=_NEIGHBOURS)
MATCHING = Method("kNN, LDM form", entropy=_NEIGHBOURS, form="LDM")
OWN_COVARIANCE = Method("kNN, covariance of the past", GaussianConfig("conditional"), _NEIGHBOURS)
FREE_DENSITY = Method("kNN, free density", GaussianConfig("conditional", components=8), _NEIGHBOURS)
WHITENED = Method("alignment of whitened codes", WhitenedConfig())
UNCENTRED = Method("alignment of codes of unit covariance", WhitenedConfig(centred=False))
NORMAL = Method("alignment of normal codes", WhitenedConfig(normality=_PENALTY))
LAW_ALONE = Method("normal codes, not aligned", WhitenedConfig(aligned=False, normality=1.0))


@dataclass(frozen=True)
class Row:
    """Width of the code, the method in the violation's world and in its twin, and how training goes.

    `rate` is the learning rate from a random start: at the usual one, densities that the past shapes blow up. `settle`
    is what follows the regression onto the witness: steps and their rate. `witness` are the arguments of the witness
    cell where it shows another witness than the one that networks are trained with.
    """

    width: int
    method: Method
    intact: Method
    arguments: tuple[tuple[str, Any], ...] = ()
    sees: Sees = "frame"
    steps: int = 600
    rate: float = 0.1
    start_steps: int = 1000
    settle: tuple[int, float] = (100, 0.001)
    start_hidden: tuple[int, ...] = (32, 32, 32)
    predictor: tuple[int, ...] = (16,)
    witness: tuple[tuple[str, Any], ...] | None = None

    @property
    def witnessed(self) -> tuple[tuple[str, Any], ...]:
        """Arguments of the witness cell."""
        return self.arguments if self.witness is None else self.witness


def _model(width: int, method: Method, arguments: tuple[tuple[str, Any], ...] = (), start_steps: int = 2000) -> Row:
    return Row(
        width,
        method,
        INFO_LDM,
        arguments,
        rate=0.02,
        start_steps=start_steps,
        start_hidden=(64, 64, 64),
        predictor=(32, 32),
    )


def _condition(method: Method) -> Row:
    return Row(1, method, INFO_LDM, sees="condition")


def _aligned(width: int, method: Method, intact: Method) -> Row:
    """Correlations and their penalty are smooth: they take larger steps than nearest neighbours."""
    return Row(width, method, intact, settle=(300, 0.01))


ROWS = {
    "context_covariance": _model(3, OWN_COVARIANCE, (("beta", 0.6),)),
    "level_set_flow": _model(2, OWN_COVARIANCE, (("shift", 0.06),), 3000),
    "free_density": _model(2, FREE_DENSITY),
    "ignored_signal": _condition(MATCHING),
    "common_cause": _condition(INFO_LDM),
    "redundant_statistic": _condition(INFO_LDM),
    "two_contexts": replace(
        _model(3, INFO_LDM, (("rate", 0.22),), 4000), sees="condition", start_hidden=(128, 128, 128)
    ),
    # The cube is far from the optimum in the twin, but flat where no network holds it: networks train with a slope.
    "cubed_signal": replace(
        _model(1, FREE_DENSITY, (("slope", 3.0),), 3500), sees="condition", start_hidden=(96, 96, 96), witness=()
    ),
    "negative_correlation": _aligned(1, WHITENED, WHITENED),
    "unequal_correlations": _aligned(2, NORMAL, NORMAL),
    "no_alignment": replace(_aligned(2, LAW_ALONE, NORMAL), arguments=(("rate", 0.3),)),
    "shifted_code": _aligned(1, UNCENTRED, WHITENED),
    "laplace_latents": _aligned(2, NORMAL, WHITENED),
    "uniform_latents": _aligned(2, WHITENED, WHITENED),
}
"""By the name of the violation's world."""


def method_cells(name: str) -> tuple[TrainingCell, ...]:
    """Random start and witness start in the violation's world, witness start in its intact twin; none without a row."""
    if name not in ROWS:
        return ()
    row = ROWS[name]
    world = WorldChoice(name.replace("_", "-"), _factories()[name], row.arguments)
    twin = replace(world, label=f"{world.label}-intact", intact=True)
    return _random(world, row), _witness(world, row, row.method), _witness(twin, row, row.intact)


def _factories() -> dict[str, Callable[..., AnyViolation]]:
    return {**violations(), **info_violations(), **alignment_violations()}


def _random(world: WorldChoice, row: Row) -> TrainingCell:
    one_covariance = row.method.latent.covariance == "full"
    return TrainingCell(
        id=f"{world.label}/falsify-random",
        world=world,
        config=_config(row, replace(row.method, warm_start=0.5 if one_covariance else 0.0), (32, 32, 32)),
        sample=SAMPLE,
        seeds=SEEDS,
        cost=0.015 * row.steps,
        sees=row.sees,
        scores=_SCORES,
    )


def _witness(world: WorldChoice, row: Row, method: Method) -> TrainingCell:
    steps, rate = row.settle
    config = replace(
        _config(row, method, row.start_hidden),
        steps=steps,
        learning_rate=rate,
        batch=1024,
        start_steps=row.start_steps,
    )
    return TrainingCell(
        id=f"{world.label}/falsify-witness",
        world=world,
        config=config,
        sample=SAMPLE,
        seeds=SEEDS,
        cost=0.01 * row.start_steps,
        start="witness",
        sees=row.sees,
        scores=_SCORES,
    )


def _config(row: Row, method: Method, hidden: tuple[int, ...]) -> FitConfig:
    return FitConfig(
        method=method,
        encoder=EncoderConfig(row.width, hidden, "leaky_relu", skip=True),
        predictor=PredictorConfig("mlp", row.predictor, skip=True, activation="leaky_relu"),
        steps=row.steps,
        batch=512,
        window=2,
        learning_rate=row.rate,
    )
