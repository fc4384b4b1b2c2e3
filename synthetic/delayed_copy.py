"""V6: singular noise. z_{t,1} = rho z_{t-1,2} + e_t and z_{t,2} = z_{t-1,1} exactly: one noise for two coordinates.

h(z) = (z_1, psi(z_2)), psi(v) = asinh(rate v), follows a law of the same form: given its past, y_t = h(z_t) is
N(rho psi^-1(y_{t-1,2}), 1 - rho^2) in the first coordinate and psi(y_{t-1,1}) in the second, with the same singular
covariance. Predictions (rho z_2, z_1) cover the plane. The twin adds noise to the copy, and then the spread of
psi(z_2) depends on the past: h is held there against the same predictions with the twin's covariance.
[mikulasch2026ldm, Theorem 1 (i) weakened]
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from synthetic.assumptions import Assumption, Declarations
from synthetic.linear_gaussian import linear_gaussian
from synthetic.mixing import Mixing
from synthetic.noise import GaussianNoise, SingularGaussianNoise
from synthetic.predictor import LinearPredictor, Predictor
from synthetic.transition import AdditiveNoise
from synthetic.violation import Violation
from synthetic.warp import AsinhWarp, Warp


@dataclass(frozen=True)
class SeenThrough(Predictor):
    """p_R(y_:t) = W(p(h^-1(y_:t))) for a warp W that leaves alone every coordinate that is noisy, and h = W."""

    predictor: Predictor
    warp: Warp

    @property
    def dim(self) -> int:
        """Dimension d of z."""
        return self.predictor.dim

    @property
    def declarations(self) -> Declarations:
        """Those of p: W is a diffeomorphism."""
        return self.predictor.declarations

    def __call__(self, past: Float[Tensor, "*batch t d"]) -> Float[Tensor, "*batch d"]:
        """W(p(W^-1(past)))."""
        return self.warp(self.predictor(self.warp.inverse(past)))


def delayed_copy(
    rho: float = 0.8, rate: float = 8.0, noise: float = 0.5, mixing: str | Mixing = "narrow", seed: int = 0
) -> Violation:
    """V6, stationary with law N(0, I); the twin copies z_1 with slope sqrt(1 - noise^2) and adds noise to it.

    ValueError unless 0 < rho < 1 and 0 < noise < 1.
    """
    if not (0 < rho < 1 and 0 < noise < 1):
        raise ValueError(f"rho={rho}, noise={noise}: take both between 0 and 1")
    spread = math.sqrt(1 - rho**2)
    matrix = torch.tensor([[0.0, rho], [1.0, 0.0]], dtype=torch.float64)
    singular = SingularGaussianNoise(torch.tensor([[spread], [0.0]], dtype=torch.float64))
    world = linear_gaussian(
        "delayed_copy",
        f"z1' = {rho:g} z2 + noise and z2' = z1 exactly: singular noise, full coverage",
        matrix,
        singular,
        (1.0, 1.0),
        mixing,
        seed,
    )
    noisy = torch.tensor([[0.0, rho], [math.sqrt(1 - noise**2), 0.0]], dtype=torch.float64)
    covariance = torch.diag(torch.tensor([spread**2, noise**2], dtype=torch.float64))
    twin = linear_gaussian(
        "noisy_delayed_copy",
        f"z1' = {rho:g} z2 + noise and z2' = z1 with noise of standard deviation {noise:g}",
        noisy,
        covariance,
        (1.0, 1.0),
        world.mixing,
        seed,
    )
    warp = AsinhWarp(2, rate, last=1)
    return Violation(
        name="V6",
        world=world,
        objective="LDM",
        model_class="N(p(past), Sigma), Sigma constant and possibly singular, p any map",
        breaks=Assumption.NONSINGULAR_COVARIANCE,
        witness=warp,
        recovered=AdditiveNoise(SeenThrough(LinearPredictor(matrix), warp), singular),
        denies="affine",
        kind="outside_class",
        proof="the copied coordinate has no noise, so any monotone function of it is predicted as well as itself",
        twin=twin,
        twin_recovered=AdditiveNoise(SeenThrough(LinearPredictor(noisy), warp), GaussianNoise(covariance)),
    )
