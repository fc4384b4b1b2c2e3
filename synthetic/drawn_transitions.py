r"""Hypothesis strategies for laws of the next latent, each with one clause broken: the parts of `strategies`.

$z'=Mz+e$ with $M=U\,\mathrm{diag}(s)\,V^T$ and $\mathrm{Cov}\,e=I-MM^T$ keeps N(0, I); a slope s of 0 leaves a
direction unpredicted, a slope of 1 leaves it without noise.
"""

from __future__ import annotations

from collections.abc import Callable

import hypothesis.strategies as st
import torch
from torch import Tensor

from synthetic.assumptions import Assumption
from synthetic.independent_noise import HeteroscedasticNoise, IndependentNoise
from synthetic.noise import GaussianNoise, SingularGaussianNoise
from synthetic.orthogonal import random_rotation
from synthetic.positive_control import Jumps, MomentCurve
from synthetic.predictor import LinearPredictor, Predictor, RotationTanh
from synthetic.standard_law import LAPLACE, NORMAL, GaussianMixture, GeneralisedNormal, StandardLaw, StudentT, Uniform
from synthetic.transition import AdditiveNoise

SEEDS = st.integers(0, 2**16)
_LAWS: st.SearchStrategy[StandardLaw] = st.one_of(
    st.just(LAPLACE),
    st.just(Uniform()),
    st.builds(StudentT, st.floats(5.0, 12.0)),
    st.builds(GeneralisedNormal, st.one_of(st.floats(0.7, 1.5), st.floats(3.0, 8.0))),
    st.builds(lambda apart: GaussianMixture((0.5, 0.5), (-apart, apart), (0.4, 0.4)), st.floats(0.6, 1.5)),
)


def drawn_rotation(dim: int, seed: int) -> Tensor:
    """A rotation of R^dim, by 0 for seed 0."""
    return random_rotation(dim, torch.Generator().manual_seed(seed)) if seed else torch.eye(dim, dtype=torch.float64)


def _slopes(dim: int, low: float = 0.2, high: float = 0.95) -> st.SearchStrategy[Tensor]:
    numbers = st.lists(st.floats(low, high), min_size=dim, max_size=dim)
    return numbers.map(lambda values: torch.tensor(values, dtype=torch.float64))


def _linear(left: Tensor, slopes: Tensor, right: Tensor) -> LinearPredictor:
    return LinearPredictor((left * slopes) @ right.T)


def _white(left: Tensor, slopes: Tensor, right: Tensor) -> AdditiveNoise:
    """z' = M z + e with M = U diag(s) V^T and Cov e = I - M M^T; singular where a slope is 1."""
    kept = slopes < 1
    factor = (left * (1 - slopes.square()).clamp_min(0).sqrt())[:, kept]
    full = bool(kept.all())
    covariance = factor @ factor.T
    noise = GaussianNoise((covariance + covariance.T) / 2) if full else SingularGaussianNoise(factor)
    return AdditiveNoise(_linear(left, slopes, right), noise)


def _intact(dim: int, slopes: st.SearchStrategy[Tensor] | None = None) -> st.SearchStrategy[AdditiveNoise]:
    turns = SEEDS.map(lambda seed: drawn_rotation(dim, seed))
    return st.builds(_white, turns, _slopes(dim) if slopes is None else slopes, turns)


def _some(dim: int, value: float) -> st.SearchStrategy[Tensor]:
    """Slopes of which the last ones, at least one, have this value."""

    def replaced(slopes: Tensor, count: int) -> Tensor:
        return torch.cat((slopes[: dim - count], torch.full((count,), value, dtype=torch.float64)))

    most = dim if value == 0 else dim - 1
    return st.builds(replaced, _slopes(dim), st.integers(1, max(1, most)))


def _not_gaussian(dim: int) -> st.SearchStrategy[AdditiveNoise]:
    def build(slopes: Tensor, seed: int, laws: list[StandardLaw]) -> AdditiveNoise:
        deviations = tuple((1 - slopes.square()).sqrt().tolist())
        identity = torch.eye(dim, dtype=torch.float64)
        return AdditiveNoise(
            _linear(identity, slopes, drawn_rotation(dim, seed)), IndependentNoise(tuple(laws), deviations)
        )

    return st.builds(build, _slopes(dim), SEEDS, st.lists(_LAWS, min_size=dim, max_size=dim))


def _not_constant(dim: int) -> st.SearchStrategy[AdditiveNoise]:
    def build(slope: float, growth: float) -> AdditiveNoise:
        noise = HeteroscedasticNoise((NORMAL,) * dim, 1 - slope**2 - growth, growth)
        return AdditiveNoise(LinearPredictor(slope * torch.eye(dim, dtype=torch.float64)), noise)

    return st.builds(build, st.floats(0.2, 0.8), st.floats(0.05, 0.3))


def _not_full_rank(dim: int) -> st.SearchStrategy[AdditiveNoise]:
    curves: st.SearchStrategy[Predictor] = st.builds(Jumps, st.just(dim), st.floats(0.5, 2.0))
    if dim == 2:
        curves = st.one_of(curves, st.builds(MomentCurve, st.floats(0.5, 2.0)))
    return st.builds(AdditiveNoise, curves, st.floats(0.1, 1.0).map(lambda v: GaussianNoise.isotropic(dim, v)))


def _not_normal(dim: int) -> st.SearchStrategy[AdditiveNoise]:
    def build(seed: int, gain: float, variance: float) -> AdditiveNoise:
        return AdditiveNoise(RotationTanh(drawn_rotation(dim, seed), gain), GaussianNoise.isotropic(dim, variance))

    return st.builds(build, SEEDS, st.floats(0.1, 1.0), st.floats(0.1, 1.0))


DRAWN_TRANSITIONS: dict[Assumption | None, Callable[[int], st.SearchStrategy[AdditiveNoise]]] = {
    None: _intact,
    Assumption.GAUSSIAN_NOISE: _not_gaussian,
    Assumption.CONSTANT_COVARIANCE: _not_constant,
    Assumption.NONSINGULAR_COVARIANCE: lambda dim: _intact(dim, _some(dim, 1.0)),
    Assumption.COVERAGE: lambda dim: _intact(dim, _some(dim, 0.0)),
    Assumption.ROW_RANK: _not_full_rank,
    Assumption.GAUSSIAN_MARGINAL: _not_normal,
}
"""Broken clause -> strategy of its transitions, by dimension."""
