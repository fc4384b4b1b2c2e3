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

from identify.latent_models import GaussianConfig
from identify.methods import EntropyConfig, Method
from identify.predictors import PredictorConfig
from identify.training import FitConfig
from identify.whitened_alignment import WhitenedConfig
from reports.encoder_input import Sees
from reports.falsification_cells import (
    SMALL_STEPS,
    START,
    Settle,
    Start,
    intact_twin,
    pair_config,
    random_cell,
    witness_cell,
)
from reports.training_cell import TrainingCell
from reports.witness_gap import AnyViolation
from reports.world_choice import WorldChoice
from synthetic import alignment_violations, info_violations, violations

_NEIGHBOURS = EntropyConfig("knn", k=3)
_PENALTY = 20.0
"""Weight of the distance to the normal law beside correlations: a few sums of correlations where codes are far off."""
_SHORT = Start(1000, (32, 32, 32))

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

    `rate` is the learning rate from a random start: at the usual one, densities that the past shapes blow up. `witness`
    are the arguments of the witness cell where it shows another witness than the one that networks are trained with.
    """

    width: int
    method: Method
    intact: Method
    arguments: tuple[tuple[str, Any], ...] = ()
    sees: Sees = "frame"
    steps: int = 600
    rate: float = 0.1
    start: Start = _SHORT
    predictor: tuple[int, ...] = (16,)
    witness: tuple[tuple[str, Any], ...] | None = None

    @property
    def witnessed(self) -> tuple[tuple[str, Any], ...]:
        """Arguments of the witness cell."""
        return self.arguments if self.witness is None else self.witness


def _model(width: int, method: Method, arguments: tuple[tuple[str, Any], ...] = (), start: Start = START) -> Row:
    return Row(width, method, INFO_LDM, arguments, rate=0.02, start=start, predictor=(32, 32))


def _condition(method: Method) -> Row:
    return Row(1, method, INFO_LDM, sees="condition")


def _aligned(width: int, method: Method, intact: Method) -> Row:
    """Correlations and their penalty are smooth: they take larger steps than nearest neighbours."""
    return Row(width, method, intact, start=replace(_SHORT, settle=Settle(300, 0.01)))


ROWS = {
    "context_covariance": _model(3, OWN_COVARIANCE, (("beta", 0.6),)),
    "level_set_flow": _model(2, OWN_COVARIANCE, (("shift", 0.06),), Start(3000, settle=SMALL_STEPS)),
    "free_density": _model(2, FREE_DENSITY),
    "ignored_signal": _condition(MATCHING),
    "common_cause": _condition(INFO_LDM),
    "redundant_statistic": _condition(INFO_LDM),
    "two_contexts": replace(
        _model(3, INFO_LDM, (("rate", 0.22),), Start(4000, (128, 128, 128), SMALL_STEPS)), sees="condition"
    ),
    # The cube is far from the optimum in the twin, but flat where no network holds it: networks train with a slope.
    "cubed_signal": replace(
        _model(1, FREE_DENSITY, (("slope", 3.0),), Start(3500, (96, 96, 96))), sees="condition", witness=()
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
    one_covariance = row.method.latent.covariance == "full"
    warmed = replace(row.method, warm_start=0.5 if one_covariance else 0.0)
    return (
        random_cell(world, _config(row, warmed), 0.015 * row.steps, sees=row.sees),
        witness_cell(world, _config(row, row.method), row.start, row.sees),
        witness_cell(intact_twin(world), _config(row, row.intact), row.start, row.sees),
    )


def _factories() -> dict[str, Callable[..., AnyViolation]]:
    return {**violations(), **info_violations(), **alignment_violations()}


def _config(row: Row, method: Method) -> FitConfig:
    predictor = PredictorConfig("mlp", row.predictor, skip=True, activation="leaky_relu")
    return replace(pair_config(row.width, method, predictor, row.steps, 512), learning_rate=row.rate)
