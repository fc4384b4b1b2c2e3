"""BYOL and SimSiam as matching with a von Mises-Fisher predictor, and when its normaliser may be dropped.

    log P(z' | z) = tau p(z) . z' - log Z(tau |p(z)|),
    Z(k) = area of S^(d-2) * int_-1^1 e^(k t) (1 - t^2)^((d-3)/2) dt,
    d log Z / dk = I_(d/2)(k) / I_(d/2-1)(k)   (d = 3: coth k - 1/k).

With |p| = 1 and tau fixed, Z is a constant and the gradient of log P with the target detached is that of the cosine
loss, tensor by tensor: all of it for the predictor, only the part through the context for the encoder, none for a
target network. Without |p| = 1 the dropped term pulls |p| down with strength tau A(tau |p|); without it |p| would grow
without end. [mikulasch2026ldm, eq. 56-58], [grill2020bootstrap], [chen2021exploring]
"""

from __future__ import annotations

import itertools
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import sympy
from mpmath import mp

from proofs_checks.check import Check, Source, Twin
from proofs_checks.verification import Derivation

if TYPE_CHECKING:
    import torch

_KAPPA, _TAU, _LENGTH = sympy.symbols("kappa tau r", positive=True)  # r = |p|
_D = sympy.Symbol("d", integer=True, positive=True)
_COSINE = sympy.Symbol("cosine", real=True)  # of the angle between p and z'
_RATE = 4.0  # tau of the random networks


def _slope(inverse_sign: int = -1) -> sympy.Expr:
    return sympy.coth(_KAPPA) + inverse_sign / _KAPPA


def _claim(
    inverse_sign: int = -1,
    order: int = 0,
    detached: bool = True,
    unit_predictor: bool = True,
    target_network_learns: bool = False,
) -> dict[str, Any]:
    """Closed forms in 3 dimensions and in general; the gradient in |p|; and what is stopped or normalised."""
    return {
        "Z, d = 3": 4 * sympy.pi * sympy.sinh(_KAPPA) / _KAPPA,
        "slope of log Z, d = 3": _slope(inverse_sign),
        "Z": (2 * sympy.pi) ** (_D / 2) * sympy.besseli(_D / 2 - 1 + order, _KAPPA) / _KAPPA ** (_D / 2 - 1),
        "slope of log Z": sympy.besseli(_D / 2 + order, _KAPPA) / sympy.besseli(_D / 2 - 1 + order, _KAPPA),
        "slope in |p|, d = 3": _TAU * _COSINE - _TAU * _slope(inverse_sign).subs(_KAPPA, _TAU * _LENGTH),
        "cosine loss": _TAU * _LENGTH * _COSINE,
        "squared distance": -_TAU * (1 - 2 * _LENGTH * _COSINE + _LENGTH**2) / 2,
        "target detached": detached,
        "predictor of unit length": unit_predictor,
        "target network learns": target_network_learns,
    }


def _verify(claim: dict[str, Any], work: Derivation) -> None:
    normaliser = _normaliser(claim, work)
    density = _TAU * _LENGTH * _COSINE - sympy.log(normaliser.subs(_KAPPA, _TAU * _LENGTH))
    in_length = sympy.diff(density, _LENGTH).rewrite(sympy.exp)
    work.equal("slope in |p|, d = 3", in_length, claim["slope in |p|, d = 3"].rewrite(sympy.exp))
    angle = sympy.Symbol("phi", real=True)
    apart = sympy.Matrix([_LENGTH - sympy.cos(angle), sympy.sin(angle)])  # p - z' in the plane of p and z'
    squared = -_TAU * apart.dot(apart) / 2
    work.equal("squared distance", squared, claim["squared distance"].subs(_COSINE, sympy.cos(angle)))
    gap = claim["cosine loss"] - claim["squared distance"]
    work.equal("cosine and squared distance differ by a constant at |p| = 1", gap.subs(_LENGTH, 1), _TAU)
    work.equal(
        "without Z the slope in |p| is the same at every |p|", sympy.diff(claim["cosine loss"], _LENGTH), _TAU * _COSINE
    )
    for seed in (1, 2):
        _on_random_networks(claim, work, seed)


def _normaliser(claim: dict[str, Any], work: Derivation) -> sympy.Expr:
    """By latitude t = cos(angle to the mean): exactly for d = 3 and 5, by quadrature for d = 2, 4 and 7."""
    t = sympy.Symbol("t", real=True)
    for d, area in ((3, 2 * sympy.pi), (5, 2 * sympy.pi**2)):
        mass = area * sympy.integrate(sympy.expand(sympy.exp(_KAPPA * t) * (1 - t**2) ** ((d - 3) // 2)), (t, -1, 1))
        work.show(f"Z, d = {d}", mass)
        slope = sympy.diff(mass, _KAPPA) / mass
        for name, truth in (("Z", mass), ("slope of log Z", slope)):
            closed = claim[name].subs(_D, d).replace(sympy.besseli, _half_integer_order)
            work.equal(f"{name}, d = {d}", truth, closed)
            if d == 3:
                work.equal(f"{name}, d = 3, elementary", truth, claim[f"{name}, d = 3"].rewrite(sympy.exp))
    for d in (2, 4, 7):
        power, area = mp.mpf(d - 3) / 2, 2 * mp.pi ** (mp.mpf(d - 1) / 2) / mp.gamma(mp.mpf(d - 1) / 2)
        for kappa in (mp.mpf("0.7"), mp.mpf(5)):

            def moment(order: int, k: Any = kappa, p: Any = power) -> Any:  # t = sin(u) removes the end singularity
                return mp.quad(
                    lambda u: mp.sin(u) ** order * mp.exp(k * mp.sin(u)) * mp.cos(u) ** (2 * p + 1),
                    [-mp.pi / 2, 0, mp.pi / 2],
                )

            found = float(area * moment(0)), float(moment(1) / moment(0))
            at = {_D: d, _KAPPA: sympy.Float(str(kappa), 20)}
            expected = [float(sympy.N(claim[name].subs(at), 20)) for name in ("Z", "slope of log Z")]
            work.close(f"Z and slope of log Z, d = {d}, kappa = {kappa}", np.array(found) / expected, 1.0, atol=1e-12)
    return 4 * sympy.pi * sympy.sinh(_KAPPA) / _KAPPA


def _half_integer_order(order: sympy.Expr, k: sympy.Expr) -> sympy.Expr:
    """I_(1/2) and I_(-1/2) are hyperbolic; the others follow by I_(v+1) = I_(v-1) - (2 v / k) I_v."""
    half = sympy.Rational(1, 2)
    if order - half not in sympy.S.Naturals0:
        return sympy.besseli(order, k)
    lower, upper = (sympy.sqrt(2 / (sympy.pi * k)) * (sympy.exp(k) + sign * sympy.exp(-k)) / 2 for sign in (1, -1))
    at = half
    while at < order:
        lower, upper, at = upper, lower - 2 * at / k * upper, at + 1
    return upper


class _Networks:
    """float64: encoder 6-8-3 to the sphere, predictor 3-8-3, a target network near the encoder, 32 pairs of views."""

    def __init__(self, seed: int) -> None:
        import torch

        generator = torch.Generator().manual_seed(seed)

        def normal(*shape: int) -> torch.Tensor:
            return torch.randn(shape, generator=generator, dtype=torch.float64)

        def weights(*sizes: int) -> list[torch.Tensor]:
            shapes = [shape for a, b in itertools.pairwise(sizes) for shape in ((a, b), (b,))]
            return [normal(*shape).requires_grad_() for shape in shapes]

        self.seed = seed
        self.encoder, self.predictor = weights(6, 8, 3), weights(3, 8, 3)
        self.target = [(part.detach() + 0.3 * normal(*part.shape)).requires_grad_() for part in self.encoder]
        base = normal(32, 6)
        self.views = base + 0.3 * normal(32, 6), base + 0.3 * normal(32, 6)

    def encode(self, view: int, parts: list[torch.Tensor] | None = None) -> torch.Tensor:
        """Unit codes of one view, by the encoder unless other parts are given."""
        from torch.nn.functional import normalize

        return normalize(_network(self.encoder if parts is None else parts, self.views[view]), dim=-1)

    def predict(self, code: torch.Tensor, unit: bool, parts: list[torch.Tensor] | None = None) -> torch.Tensor:
        """Predictions from codes, of unit length or not."""
        from torch.nn.functional import normalize

        raw = _network(self.predictor if parts is None else parts, code)
        return normalize(raw, dim=-1) if unit else raw

    def agree(self, work: Derivation, what: str, left: torch.Tensor, right: torch.Tensor) -> None:
        """Equality of the gradients in every tensor of encoder and predictor."""
        import torch

        everything = [*self.encoder, *self.predictor]
        names = [f"{part}.{kind}{layer}" for part in ("encoder", "predictor") for layer in (1, 2) for kind in "Wb"]
        found, expected = (torch.autograd.grad(value, everything, retain_graph=True) for value in (left, right))
        for name, one, other in zip(names, found, expected, strict=True):
            scale = float(other.abs().max())
            work.close(f"{what}: gradient of {name}, seed {self.seed}", one / scale, other / scale, atol=1e-11)


def _log_density(prediction: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Mean of tau p . z' - log Z(tau |p|) in 3 dimensions, up to log 2 pi."""
    import torch

    kappa = _RATE * prediction.norm(dim=-1)
    log_z = kappa + torch.log(-torch.expm1(-2 * kappa)) - torch.log(kappa)
    return (_RATE * (prediction * target).sum(-1) - log_z).mean()


def _stop(parts: list[torch.Tensor]) -> list[torch.Tensor]:
    return [part.detach() for part in parts]


def _on_random_networks(claim: dict[str, Any], work: Derivation, seed: int) -> None:
    """SimSiam, then BYOL's target network, then a predictor of free length."""
    nets = _Networks(seed)
    _check_simsiam(claim, work, nets)
    _check_free_length(claim, work, nets)
    _check_target_network(claim, work, nets)


def _check_simsiam(claim: dict[str, Any], work: Derivation, nets: _Networks) -> None:
    prediction = nets.predict(nets.encode(0), claim["predictor of unit length"])
    target = nets.encode(1)
    simsiam = _log_density(prediction, target.detach())
    cosine = sympy.lambdify([_TAU, _LENGTH, _COSINE], claim["cosine loss"], "math")
    left = target.detach() if claim["target detached"] else target
    nets.agree(work, "cosine loss", cosine(_RATE, 1.0, (prediction * left).sum(-1).mean()), simsiam)
    apart = nets.predict(nets.encode(0), True), nets.encode(1, _stop(nets.encoder))
    nets.agree(work, "through the context alone", simsiam, _log_density(*apart))
    still = nets.predict(nets.encode(0, _stop(nets.encoder)), True, _stop(nets.predictor))
    nets.agree(work, "stop-gradient identity", simsiam, _log_density(prediction, target) - _log_density(still, target))


def _check_free_length(claim: dict[str, Any], work: Derivation, nets: _Networks) -> None:
    import torch

    free, target = nets.predict(nets.encode(0), unit=False), nets.encode(1).detach()
    length = free.norm(dim=-1)
    resultant = sympy.lambdify(_KAPPA, claim["slope of log Z, d = 3"].rewrite(sympy.exp), "numpy")
    pull = torch.from_numpy(resultant(_RATE * length.detach().numpy()))
    bare = _RATE * (free * target).sum(-1).mean()
    nets.agree(
        work,
        "free length: what the cosine loss lacks",
        _log_density(free, target) - bare,
        -_RATE * (pull * length).mean(),
    )


def _check_target_network(claim: dict[str, Any], work: Derivation, nets: _Networks) -> None:
    import torch

    prediction = nets.predict(nets.encode(0), claim["predictor of unit length"])
    target = nets.encode(1, nets.target)
    byol = _log_density(prediction, target if claim["target network learns"] else target.detach())
    received = torch.autograd.grad(byol, nets.target, allow_unused=True)
    work.require(f"the target network receives nothing, seed {nets.seed}", all(part is None for part in received))


def _network(parameters: list[torch.Tensor], inputs: torch.Tensor) -> torch.Tensor:
    first_weight, first_bias, second_weight, second_bias = parameters
    return (inputs @ first_weight + first_bias).tanh() @ second_weight + second_bias


CHECKS = (
    Check(
        id="eq-56",
        aliases=("eq-57", "eq-58"),
        theme="von Mises-Fisher",
        statement=(
            r"\log P(z'|z) = \tau p(z)^{\top}z' - \log Z(\tau\|p\|),\quad"
            r" \frac{d\log Z}{d\kappa} = \frac{I_{d/2}(\kappa)}{I_{d/2-1}(\kappa)}"
            r" \overset{d=3}{=} \coth\kappa - \frac{1}{\kappa},\quad"
            r" \|p\|=1:\; \langle\log P(\mathrm{SG}[z']|z)\rangle \overset{\partial}{=}"
            r" \tau\langle p(z)^{\top}\mathrm{SG}[z']\rangle"
        ),
        source=Source("mikulasch2026ldm", "eq. 56-58"),
        kinds=("S", "A", "N"),
        assumptions=(
            "Codes on the unit sphere, tau fixed.",
            "For the cosine loss: the predictor is normalised to |p| = 1.",
            "SimSiam: the target is the detached code of the same encoder; BYOL: of a separate network.",
        ),
        proved=(
            "The normaliser and its slope exactly for d = 3 and 5 and by quadrature for d = 2, 4, 7; that cosine loss,"
            " squared distance and log density differ by constants at |p| = 1; in float64 on random networks of two"
            " seeds, tensor by tensor: equality of the gradients, the encoder's path through the context alone, the"
            " stop-gradient identity, nothing for the target network, and the term that a predictor of free length"
            " would lack."
        ),
        not_proved="The dynamics of the target network's moving average; symmetrised losses (sums of two such terms).",
        verify=_verify,
        claim=_claim,
        twins=(
            Twin("coth k + 1/k", partial(_claim, inverse_sign=1)),
            Twin("Bessel functions of the next order", partial(_claim, order=1)),
            Twin("target not detached", partial(_claim, detached=False)),
            Twin("Z dropped for a predictor of free length", partial(_claim, unit_predictor=False)),
            Twin("gradient into BYOL's target network", partial(_claim, target_network_learns=True)),
        ),
    ),
)
