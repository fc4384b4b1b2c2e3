r"""What a fit without truth can be held against: one row for each thing that Theorem 1 or its reading needs.

All rows look at held-out pieces only. Rows: the optimum was reached (held-out objectives of the best starts agree
within AGREES standard errors); codes of different starts are affine maps of each other (Theorem 1 makes every optimum
affine to the latents, hence to each other) by the ladder of `identify.measure`; the assumptions, by the tests of
`identify.diagnostics` on the best code.

Stricter than those tests in two places:
- coverage asks for predicted means of full rank. Deficiency one leaves a direction that nothing predicts, and there a
  code may fold without any cost (`TentFold` in the worlds), which no data show;
- noise: besides the share of noise in the thinnest direction, the dimension of (z_{t-1}, z_t), which is twice the width
  unless some direction of z_t is a function of the past, however bent. A copy of an older value, as in frames that
  hold more than one instant, shows here and in the dimension of the observations.
"""

from __future__ import annotations

import math
from typing import Any, Literal, NamedTuple

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from identify.diagnostics.coverage import span_of_means
from identify.diagnostics.diagnose import Diagnoses
from identify.diagnostics.diagnosis import Diagnosis
from identify.diagnostics.dimension import MOST, Dimension, dimension
from identify.diagnostics.injectivity import injectivity
from identify.diagnostics.residuals import residuals
from identify.measurement import verdict_of
from identify.objective import HeldOut
from identify.verdict import Verdict

AGREES = 3.0
"""Standard errors within which the objectives of two starts count as the same."""
VISIBLE = 0.01
"""Share of the variance below which a principal component of the observations is not asked to be encoded."""

Says = Literal["supported", "not supported", "could not be told"]
_SAYS: dict[str, Says] = {
    "supported": "supported",
    "violated": "not supported",
    "undecided": "could not be told",
}


class Row(NamedTuple):
    """One line of a certificate; a row that is not `needed` is shown and decides nothing."""

    name: str
    says: Says
    detail: str
    power: str
    needed: bool = True

    def to_json(self) -> dict[str, Any]:
        """The stable keys."""
        return self._asdict()


def agreeing(found: list[HeldOut]) -> list[int]:
    """Starts whose held-out objective is within AGREES standard errors of the best one's, best first."""
    values = np.array([one.value for one in found])
    best = int(np.argmax(values))
    if not math.isfinite(values[best]):
        return []
    margin = AGREES * found[best].standard_error
    return [int(i) for i in np.argsort(-values) if values[i] >= values[best] - margin]


def optimum_row(found: list[HeldOut], together: list[int]) -> Row:
    """Whether the best start is not alone."""
    shown = ", ".join(f"{one.value:.3f}" for one in found)
    if len(together) > 1:
        says: Says = "supported"
        what = f"{len(together)} of {len(found)} starts agree"
    else:
        says, what = "could not be told", "the best start stands alone: more starts or more steps may help"
    power = "a better optimum that no start found stays unseen"
    return Row("optimum reached", says, f"{what}; held-out objectives {shown} nats a frame", power)


def consistency(
    codes: Float[Tensor, "s k t m"], together: list[int], eps: float, seed: int
) -> dict[tuple[int, int], Verdict]:
    """Verdict of every pair of starts that agree, one code in the place of the truth."""
    pairs = [(i, j) for n, i in enumerate(together) for j in together[n + 1 :]]
    return {(i, j): verdict_of(codes[i].numpy(), codes[j].numpy(), eps=eps, seed=seed) for i, j in pairs}


def consistency_row(found: dict[tuple[int, int], Verdict], eps: float) -> Row:
    """Whether all pairs are affine maps of each other."""
    power = f"a bend of more than {eps:g} of the variance in the worst direction; bends shared by all starts: none"
    if not found:
        return Row("same code from every start", "could not be told", "there is no pair of starts to compare", power)
    shown = ", ".join(one.found or "undecided" for one in found.values())
    affine = [one.holds["affine"] for one in found.values()]
    says: Says = "supported" if all(affine) else "not supported" if False in affine else "could not be told"
    return Row("same code from every start", says, f"classes of pairs: {shown}", power)


def observation_row(found: Dimension | None, width: int) -> Row:
    """Whether observations fill as many dimensions as the code has."""
    name, power = "dimension of the observations", "one dimension too many or too few, at the stated interval"
    if found is None:
        return Row(name, "could not be told", "observations repeat: distances of neighbours are zero", power)
    detail = (
        f"{found.lowest} to {found.highest} possible (estimate {found.estimate:.2f}), the code has {width}; "
        "more means noise, nuisance, or frames that hold more than one instant"
    )
    if found.lowest == found.highest == width:
        return Row(name, "supported", detail, power)
    possible = found.lowest <= width <= found.highest
    return Row(name, "could not be told" if possible else "not supported", detail, power)


def assumption_rows(
    table: Diagnoses, z: Float[np.ndarray, "k t m"], x: Float[np.ndarray, "k t q"], alpha: float, seed: int
) -> tuple[Row, ...]:
    """The assumptions of Theorem 1 on one code z of observations x (principal components, not whitened)."""
    rng = np.random.default_rng([seed, 7])
    of = {row.assumption: row for row in table.rows}
    read = injectivity(_visible(x), z, alpha=alpha, rng=rng)
    return (
        _row("Gaussian residuals", of["gaussian_residuals"]),
        _row("constant covariance", of["constant_covariance"]),
        _noise_row(of["noise_rank"], z, alpha, rng),
        _coverage_row(of["coverage"], z, alpha, rng),
        _row("memory of one step", of["memory"]),
        _row("dimension of the code", of["dimension"]),
        _row("the code determines the observation", read),
        _row("stationarity", of["stationarity"])._replace(needed=False),
    )


def _visible(x: Float[np.ndarray, "k t q"]) -> Float[np.ndarray, "k t r"]:
    variances = x.reshape(-1, x.shape[2]).var(axis=0)
    return x[..., variances >= VISIBLE * variances.sum()]


def _row(name: str, found: Diagnosis) -> Row:
    statistic = "" if not math.isfinite(found.statistic) else f"{found.measures} {found.statistic:.3g}"
    p = f"p = {found.p_value:.2g}" if math.isfinite(found.p_value) else "no p-value"
    detail = "; ".join(part for part in (statistic, p, *found.findings) if part)
    return Row(name, _SAYS[found.decision], detail, _power(found))


def _power(found: Diagnosis) -> str:
    if not math.isfinite(found.smallest_seen):
        return f"no size tried of: {found.defect}"
    return f"{found.defect} from {found.smallest_seen:.2g} on, seen with probability {found.power:.2g}"


def _noise_row(rank: Diagnosis, z: np.ndarray, alpha: float, rng: np.random.Generator) -> Row:
    row = _row("noise in every direction", rank)
    width = z.shape[2]
    if 2 * width > MOST:
        return row
    pairs = dimension(np.concatenate([z[:, :-1], z[:, 1:]], axis=2), 2 * width, alpha=alpha, rng=rng)
    detail = f"{row.detail}; (z_(t-1), z_t): {pairs.findings[0]}"
    if pairs.decision == "violated":
        return row._replace(says="not supported", detail=detail)
    return row._replace(detail=detail)


def _coverage_row(found: Diagnosis, z: np.ndarray, alpha: float, rng: np.random.Generator) -> Row:
    row, width = _row("predicted means span", found), z.shape[2]
    span = span_of_means(residuals(z, rng=rng), alpha)
    if found.decision == "violated" or span.highest_rank < width - 1:
        return row._replace(says="not supported")
    if span.lowest_rank == width:
        return row._replace(says="supported")
    why = "one direction may be unpredicted, and there a code can fold unseen"
    return row._replace(says="could not be told", detail=f"{row.detail}; {why}")


def components(x: Float[Tensor, "k t p"]) -> Float[np.ndarray, "k t q"]:
    """Principal components of the observations, not whitened."""
    rows = x.flatten(0, 1).double()
    centred = rows - rows.mean(0)
    _, _, directions = torch.linalg.svd(centred.mT @ centred)
    return (centred @ directions.mT).reshape(*x.shape).numpy()
