r"""Alignment of whitened codes: $F=\mathrm{tr}\,C^{-1}C_{01}-\lambda D$, the sum of their correlations less a penalty.

For codes h with mean 0 and covariance I, $\langle|h-h'|^2\rangle/2=m-\mathrm{tr}\,C_{01}$: aligning them raises the
sum. C is the covariance of both frames together (the sequence is taken to be stationary), C_01 that between them, and D
is how far the law of codes is from N(0, I) (`identify.epps_pulley`). Without unit; the first term is at most m. The
paper has both kinds of code: whitened ones, and Gaussian ones by a penalty [klindt2026lejepa].

Both terms are exactly invariant under invertible affine maps of the code. So that a theorem on codes of covariance I
speaks of them, trained encoders are whitened for good on their training data (`whiten`). NaN where C is singular.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from identify.covariance import cholesky, covariance, standardise
from identify.encoders import MLPEncoder
from identify.epps_pulley import normality_terms

Windows = Float[Tensor, "s b t m"]


@dataclass(frozen=True)
class WhitenedConfig:
    """Whether alignment is asked for, the weight of D (0: any law of covariance I), and whether codes have mean 0.

    It stands where a latent model does; there is no predictor and no entropy beside it.
    """

    aligned: bool = True
    normality: float = 0.0
    centred: bool = True

    def __post_init__(self) -> None:
        if not 0 <= self.normality < math.inf:
            raise ValueError(f"normality={self.normality}; a penalty has a finite weight of at least 0")
        if not (self.aligned or self.normality):
            raise ValueError("aligned=False with normality=0 asks for nothing; give one of them")

    @property
    def covariance(self) -> str:
        """What is said of the codes' covariance, where a Gaussian says it of the noise."""
        return "whitened"

    def alignment_terms(self, z: Windows) -> Float[Tensor, "s n"]:
        """One term for each pair of consecutive frames."""
        return correlation_terms(z) if self.aligned else z.new_zeros(len(z), z.shape[1] * (z.shape[2] - 1))

    def normality_terms(self, z: Windows) -> Float[Tensor, "s n"]:
        """One term for each frame from the second on."""
        later = z[:, :, 1:].flatten(1, 2)
        return self.normality * normality_terms(later) if self.normality else torch.zeros_like(later[..., 0])


def correlation_terms(z: Windows) -> Float[Tensor, "s n"]:
    r"""One term for each pair of frames, $a\cdot b-\frac12(a^\top Ra+b^\top Rb)+\mathrm{tr}R$, R = <a b^T>.

    a, b are the whitened codes of a pair. The mean is tr R, and the scatter that of an estimate whose whitening is
    estimated too (influence function).
    """
    first, second = z[:, :, :-1].flatten(1, 2), z[:, :, 1:].flatten(1, 2)
    both = torch.cat((first, second), 1)
    factor, mean = cholesky(covariance(both)), both.mean(1, keepdim=True)
    a, b = standardise(first - mean, factor), standardise(second - mean, factor)
    cross = a.mT @ b / a.shape[1]
    trace = cross.diagonal(dim1=-2, dim2=-1).sum(-1, keepdim=True)
    return (a * b).sum(-1) - 0.5 * ((a @ cross) * a + (b @ cross) * b).sum(-1) + trace


def whiten(encoder: MLPEncoder, y: Float[Tensor, "s n q"], centred: bool) -> None:
    """Change the encoders' last layers so that their codes of inputs y have covariance I, and mean 0 if `centred`.

    A network whose codes are degenerate keeps what it has.
    """
    with torch.no_grad():
        z = encoder(y)
        eye = torch.eye(z.shape[-1], dtype=z.dtype, device=z.device)
        factor = cholesky(covariance(z))
        singular = factor.isnan().any(-1).any(-1)
        inverse = torch.linalg.inv(torch.where(singular[:, None, None], eye, factor)).mT
        removed = z.mean(1, keepdim=True) if centred else torch.zeros_like(z[:, :1])
        encoder.network.follow_by(inverse, torch.where(singular[:, None, None], 0.0, -removed @ inverse))
