"""A world in which one assumption of the follow-up theorem is off, with the code that proves that it is needed.

For a code z = h(s, n) and the code z_c of the condition (the first m coordinates of c),

    InfoLDM = -KL(q(z, z_c) || p(z, z_c)) + I[z; z_c],    p(z_c) = q(z_c).

Theorem: x = g(s, n), n independent of c given s, KL = 0, I[z; z_c] = I[s; c], natural parameters of p(s | c) that
span, and tau*(s) in no hyperplane give tau*(s) = A tau_z(z) + b with A of full row rank, hence r_z >= r_s. For
Gaussian models of constant covariance tau is the identity. [mikulasch2026infoldm]

`info_samples` computes both terms from densities: log q(z | c) is the exact pushforward by h, log q(z) its average over
the contexts (1e-9), so sample means are unbiased. Nats.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum
from typing import Literal, NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from synthetic.mixing import Mixing
from synthetic.sequence_map import SequenceMap
from synthetic.signal_world import SignalWorld
from synthetic.transition import Transition
from synthetic.world import World


class InfoTerms(NamedTuple):
    """KL(q || p) and I[z; z_c] of a code, nats."""

    divergence: float
    information: float


class InfoObjective(Enum):
    """What is maximised: InfoLDM, or one of its terms alone."""

    MATCHING = "-KL(q || p)"
    INFORMATION = "I[z; z_c]"
    INFO_LDM = "-KL(q || p) + I[z; z_c]"

    def at(self, terms: InfoTerms) -> float:
        """Its value for these terms."""
        matching = 0.0 if self is InfoObjective.INFORMATION else -terms.divergence
        return matching + (0.0 if self is InfoObjective.MATCHING else terms.information)


@dataclass(frozen=True, eq=False)
class InfoViolation:
    """Signal and nuisance, what is broken, the code h, its terms in closed form, and the intact twin.

    `recovered` is the law of the model class that comes closest to z given z_c; `asked` is the value of the objective
    that the theorem asks for. `statistic` is tau* and `affine_r2` how much of each of its coordinates an affine map
    of z explains. `kind` says how h escapes the conclusion: it is invertible on s but not affine, it does not determine
    s, or tau* is affine in z but r_z < r_s. In the twin the objective is the whole InfoLDM; where the objective is what
    is off, the twin is the same world.
    """

    name: str
    signal: SignalWorld
    objective: InfoObjective
    model_class: str
    breaks: str
    witness: SequenceMap
    recovered: Transition
    attained: InfoTerms
    asked: float
    statistic: Mixing
    affine_r2: tuple[float, ...]
    denies: str
    kind: Literal["outside_class", "non_invertible", "breaks_bound"]
    proof: str
    twin: SignalWorld
    twin_recovered: Transition
    twin_attained: InfoTerms

    def __post_init__(self) -> None:
        if not self.signal.joint.dim == self.twin.joint.dim == self.witness.input_dim:
            raise ValueError(
                f"signal and nuisance have dimension {self.signal.joint.dim}, in the twin {self.twin.joint.dim}, "
                f"witness {self.witness.input_dim}: make them equal"
            )

    @property
    def world(self) -> World:
        """The world that is sampled."""
        return self.signal.world


class InfoSamples(NamedTuple):
    """One number for each pair; the means are KL and I."""

    divergence: Float[Tensor, "n"]
    information: Float[Tensor, "n"]


def info_samples(
    signal: SignalWorld, witness: SequenceMap, recovered: Transition, pairs: Float[Tensor, "n 2 d"]
) -> InfoSamples:
    """log q(z | c) - log p(z | z_c) and log q(z | c) - log q(z) at each pair of c and (s, n)."""
    given = witness.pushed_log_density(signal.joint, pairs)[:, 0]
    codes = witness(pairs)[:, 1]
    model = recovered.log_density(codes, pairs[:, :1, : witness.output_dim])
    return InfoSamples(given - model, given - _log_marginal(signal, witness, pairs))


def normal_information(correlation: float) -> float:
    """I = -log(1 - correlation^2) / 2 of two normal numbers; ValueError unless abs(correlation) < 1."""
    if not abs(correlation) < 1:
        raise ValueError(f"correlation={correlation} makes the information infinite: take abs(correlation) < 1")
    return -math.log(1 - correlation**2) / 2


def _log_marginal(signal: SignalWorld, witness: SequenceMap, pairs: Float[Tensor, "n 2 d"]) -> Float[Tensor, "n"]:
    points, weights = signal.contexts
    shape = (len(pairs), len(points), pairs.shape[-1])
    other = torch.stack((points.expand(shape), pairs[:, 1:].expand(shape)), 2).flatten(0, 1)
    density = witness.pushed_log_density(signal.joint, other)[:, 0].unflatten(0, shape[:2])
    return torch.logsumexp(density + weights.log(), 1)
