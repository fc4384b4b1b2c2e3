"""F2: information without matching. s' = rho s + sqrt(v) e, v = 1 - rho^2, and the code z = s^3.

s^3 is a bijection: I[z; z_c] = I[s; c], the optimum of information alone. An affine map of z explains
(E s^4)^2 / E s^6 = 9 / 15 of s. Given c, z is not normal: of all models N(p(c), sigma^2) the closest has its mean
m^3 + 3 m v, m = rho c, and its average variance E[9 m^4 v + 36 m^2 v^2 + 15 v^3], at

    KL = log(27 rho^4 + 36 rho^2 v + 15 v^2) / 2 - log 3 + gamma + log 2    (E log s^2 = -gamma - log 2),

so that InfoLDM (the twin, same world) falls short of I[s; c] by as much. With a `slope` a the code is z = s^3 + a s:
the mean gains a m, the average variance 6 a v + a^2 v, and the volume is E log(3 s^2 + a); its density stays finite, so
that networks can hold it. [mikulasch2026infoldm, the law is matched]
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from scipy.integrate import quad
from torch import Tensor

from synthetic.assumptions import Assumption, Declaration, Declarations
from synthetic.info_violation import InfoObjective, InfoTerms, InfoViolation
from synthetic.mixing import Linear, Mixing
from synthetic.noise import GaussianNoise
from synthetic.predictor import Predictor
from synthetic.signal_code import SignalCode
from synthetic.signal_world import autoregressive_signal
from synthetic.transition import AdditiveNoise
from synthetic.warp import Warp


@dataclass(frozen=True)
class Cube(Warp):
    """x_i = z_i^3 + slope z_i; flat at zero without a slope. ValueError for dimension < 1 or slope < 0."""

    dimension: int = 1
    slope_at_zero: float = 0.0

    def __post_init__(self) -> None:
        if not self.slope_at_zero >= 0:
            raise ValueError(f"slope={self.slope_at_zero} at zero turns the cube back: take slope >= 0")
        if self.dimension < 1:
            raise ValueError(f"dimension={self.dimension} has nothing to cube: take dimension >= 1")

    @property
    def dim(self) -> int:
        """Dimension."""
        return self.dimension

    def __call__(self, z: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch p"]:
        """z^3 + slope z."""
        return z**3 + self.slope_at_zero * z

    def slope(self, z: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch d"]:
        """3 z^2 + slope."""
        return 3 * z.square() + self.slope_at_zero

    def preimages(self, x: Float[Tensor, "*batch p"]) -> Float[Tensor, "branches *batch d"]:
        """The one real root: a cube root, or with a slope a 2 r sinh(asinh(x / 2 r^3) / 3), r^2 = a / 3."""
        if not self.slope_at_zero:
            return (torch.sign(x) * x.abs() ** (1 / 3)).unsqueeze(0)
        root = math.sqrt(self.slope_at_zero / 3)
        return (2 * root * torch.sinh(torch.asinh(x / (2 * root**3)) / 3)).unsqueeze(0)


@dataclass(frozen=True)
class CubicMean(Predictor):
    """E[s_t^3 + slope s_t | s_{t-1} = c] = m^3 + 3 m (1 - rho^2) + slope m, m = rho c."""

    rho: float
    slope_at_zero: float = 0.0

    @property
    def dim(self) -> int:
        """One."""
        return 1

    @property
    def declarations(self) -> Declarations:
        """Strictly increasing."""
        said = Declaration(True, "strictly increasing in the latest signal")
        return {Assumption.COVERAGE: said, Assumption.ROW_RANK: said}

    def __call__(self, past: Float[Tensor, "*batch t d"]) -> Float[Tensor, "*batch d"]:
        """The third moment about zero."""
        mean = self.rho * past[..., -1, :]
        return mean**3 + (3 * (1 - self.rho**2) + self.slope_at_zero) * mean


def cubed_signal(rho: float = 0.9, slope: float = 0.0, mixing: str | Mixing = "narrow", seed: int = 0) -> InfoViolation:
    """F2; ValueError unless 0 < rho <= .95 and slope >= 0."""
    cube = Cube(1, slope)
    signal = autoregressive_signal(
        "cubed_signal", f"signal s' = {rho:g} s + noise beside one private nuisance", rho, mixing=mixing, seed=seed
    )
    free = 1 - rho**2
    spread = 27 * rho**4 + 36 * rho**2 * free + 15 * free**2 + 6 * slope + slope**2
    divergence = math.log(spread) / 2 - mean_log_slope(slope)
    attained = InfoTerms(divergence, signal.signal_information)
    closest = AdditiveNoise(CubicMean(rho, slope), GaussianNoise.isotropic(1, free * spread))
    return InfoViolation(
        name="F2",
        signal=signal,
        objective=InfoObjective.INFORMATION,
        model_class="N(p(z_c), v), p any map",
        breaks="the law is matched",
        witness=SignalCode(cube, beside=1),
        recovered=closest,
        attained=attained,
        asked=signal.signal_information,
        statistic=Linear(torch.eye(1, dtype=torch.float64)),
        affine_r2=((3 + slope) ** 2 / (15 + 6 * slope + slope**2),),
        denies="affine",
        kind="outside_class",
        proof="a bijection of the signal keeps all information about the condition",
        twin=signal,
        twin_recovered=closest,
        twin_attained=attained,
    )


def mean_log_slope(slope: float) -> float:
    """E log(3 s^2 + slope), s ~ N(0, 1): log 3 - gamma - log 2 without a slope, else by quadrature to 1e-9."""
    if not slope:
        return math.log(3) - float(np.euler_gamma) - math.log(2)
    value, _ = quad(lambda s: math.log(3 * s * s + slope) * math.exp(-s * s / 2), 0, math.inf, epsabs=1e-10)
    return float(value) * math.sqrt(2 / math.pi)
