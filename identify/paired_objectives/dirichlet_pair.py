r"""Dirichlet pairs on the simplex, $P(z'|z)=\mathrm{Dir}(z';\tau z+1)$, whose mode is z (LDM eq. 49, 50).

$$\log P(z'|z)=\log\Gamma(\tau+K)+\tau z\cdot\log z'-\sum_k\log\Gamma(\tau z_k+1),$$

densities with respect to volume in K - 1 coordinates; eq. 50 drops the first term, which a learned $\tau$ needs. The
prior is uniform, $P(z)=\Gamma(K)$, or empirical.

The kernel entropy is $-\frac1n\sum_i\log\frac1n\sum_j\mathrm{Dir}(z_i;\tau z_j+1)$. Eq. 51 prints
$\mathrm{Dir}(z_i,\tau z_j)$ in its first line and the exponent of $\tau z_j+1$ in its second: not the same up to a
constant, and only the second is the model's kernel (check `eq-49`). `shift=0` gives the first line as printed, whose
mode is not z: for comparison only.
Invariant under permutations of the K coordinates.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from torch import Tensor

from identify.latent_spaces import Simplex
from identify.paired_objectives.exponential_kernel import Exponents
from identify.paired_objectives.pair_check import Codes, PerRow, Scale, beside_entries, beside_rows, check_scale
from identify.paired_objectives.pair_model import PairModel


@dataclass(frozen=True)
class DirichletPair(PairModel):
    """Concentration tau and prior; `shift` is what is added to tau z (1 in eq. 49, 0 in the first line of eq. 51)."""

    tau: Scale = 10.0
    prior: Literal["uniform", "empirical"] = "uniform"
    shift: float = 1.0
    lives_on: ClassVar[str] = "simplex"
    scale_name: ClassVar[str] = "tau"
    priors: ClassVar[tuple[str, ...]] = ("uniform", "empirical")

    def __post_init__(self) -> None:
        check_scale(self.tau, "tau")
        self._check_prior()
        if not self.shift >= 0:
            raise ValueError(f"shift={self.shift}; a Dirichlet law needs positive parameters, take shift >= 0")

    def space(self, width: int) -> Simplex:
        """The open simplex of K coordinates."""
        return Simplex(width)

    def _log_normalisers(self, condition: Codes) -> Tensor:
        """Minus log of the integral of exp(sum_k (alpha_k - 1) log z'_k), for alpha = tau z + shift."""
        total = beside_rows(self.tau, condition)
        alpha = total.unsqueeze(-1) * condition + self.shift
        return (total + self.shift * condition.shape[-1]).lgamma() - alpha.lgamma().sum(-1)

    def log_prob(self, target: Codes, condition: Codes) -> PerRow:
        """Log density of each target given its condition."""
        powers = beside_entries(self.tau, condition) * condition + (self.shift - 1)
        return (powers * target.log()).sum(-1) + self._log_normalisers(condition)

    def exponents(self, targets: Codes, conditions: Codes) -> Exponents:
        """The same for every target and every condition."""
        powers = beside_entries(self.tau, conditions) * conditions + (self.shift - 1)
        row = targets.new_zeros(targets.shape[:-1])
        return Exponents(targets.log(), powers, row, self._log_normalisers(conditions))
