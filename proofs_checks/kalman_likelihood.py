"""The Kalman predictor's step likelihood is the conditional density of the joint Gaussian, constant included.

    h_t = A h_{t-1} + N(0, Q),  z_t = D h_t + N(0, R),  h_0 ~ N(0, P);  h, S the filter's mean and covariance at t - 1:
    log P(z_t | z_:t) = -1/2 e^T S_e^-1 e - 1/2 log |S_e| - n/2 log 2 pi,
    e = z_t - D A h,   S_e = D (A S A^T + Q) D^T + R.

The truth is the joint Gaussian density of z_1..z_T, whose covariance is written down without any filter, and h, S are
the moments of h_{t-1} given z_:t by conditioning; the recursion of [kalman1960new] is checked against them.
Eq. 15 prints e = z_t - A h_t and no constant. Where latent and state differ in size, z - A h is no error in array
languages: a latent of size 1 broadcasts against the state. [mikulasch2026ldm, eq. 15]
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import sympy
from scipy.stats import multivariate_normal

from proofs_checks.check import Check, Erratum, Source, Twin, Witness
from proofs_checks.matrix_formula import evaluate
from proofs_checks.verification import Derivation

_M, _N = sympy.symbols("m n", integer=True, positive=True)  # sizes of the state and of the latent
_A, _Q, _S = (sympy.MatrixSymbol(name, _M, _M) for name in ("A", "Q", "S"))
_D, _R = sympy.MatrixSymbol("D", _N, _M), sympy.MatrixSymbol("R", _N, _N)
_STATE = sympy.MatrixSymbol("h", _M, 1)
_FORM, _LOG_DET = sympy.symbols("form log_det", real=True)  # e^T S_e^-1 e and log |S_e|


class System(NamedTuple):
    """Transition A, process noise Q, observation D, observation noise R and the covariance P of h_0."""

    transition: Any
    process: Any
    observation: Any
    noise: Any
    initial: Any


def _claim(
    mean: sympy.MatrixExpr = _D * _A * _STATE,
    covariance: sympy.MatrixExpr = _D * (_A * _S * _A.T + _Q) * _D.T + _R,
    constant: int = 1,
) -> dict[str, Any]:
    return {
        "mean": mean,
        "covariance": covariance,
        "log density": -_FORM / 2 - _LOG_DET / 2 - constant * _N * sympy.log(2 * sympy.pi) / 2,
    }


def _verify(claim: dict[str, Any], work: Derivation) -> None:
    names = sympy.symbols("a q d r p", positive=True)
    scalar = System(*(sympy.Matrix([[name]]) for name in names))
    _against_the_joint(claim, work, scalar, sympy.symbols("z1:4", real=True), steps=3)
    for states, latents, steps in ((2, 2, 3), (3, 2, 3), (2, 1, 4)):
        system = _rational_system(states, latents)
        draw = np.random.default_rng(3)
        values = [sympy.Rational(int(entry), 5) for entry in draw.integers(-12, 13, latents * steps)]
        _against_the_joint(claim, work, system, values, steps)
    _numerically(claim, work)
    _broadcasting(claim, work)


def _rational_system(states: int, latents: int) -> System:
    draw = np.random.default_rng(4)

    def matrix(rows: int, columns: int) -> sympy.Matrix:
        return sympy.Matrix(rows, columns, lambda i, j: sympy.Rational(int(draw.integers(-6, 7)), 5))

    def positive(size: int) -> sympy.Matrix:
        root = matrix(size, size)
        return root * root.T + sympy.eye(size) / 3

    return System(
        matrix(states, states), positive(states), matrix(latents, states), positive(latents), positive(states)
    )


def _against_the_joint(
    claim: dict[str, Any], work: Derivation, system: System, values: Sequence[sympy.Expr], steps: int
) -> None:
    states, latents = system.transition.rows, system.noise.rows
    label = f"{states} states, {latents} latents"
    of_latents, with_states = _joint_covariance(system, steps)
    z = sympy.Matrix(values)
    form, determinant = sympy.S.Zero, sympy.S.One
    filtered = (sympy.zeros(states, 1), system.initial)
    for t in range(steps):
        past = slice(0, t * latents)
        mean, covariance = (
            filtered if t == 0 else _conditional(work, of_latents[past, past], with_states[t - 1], z[past, :])
        )
        if t:
            work.equal(f"filter's mean after {t} steps, {label}", filtered[0], mean)
            work.equal(f"filter's covariance after {t} steps, {label}", filtered[1], covariance)
        here = {_A: system.transition, _Q: system.process, _D: system.observation, _R: system.noise}
        here |= {_S: covariance, _STATE: mean}
        latent = z[t * latents : (t + 1) * latents, :]
        residual = latent - evaluate(claim["mean"], here)
        spread = evaluate(claim["covariance"], here)
        upto = of_latents[: (t + 1) * latents, : (t + 1) * latents]
        total_form, total_determinant = (
            (z[: (t + 1) * latents, :].T * upto.inv() * z[: (t + 1) * latents, :])[0],
            upto.det(),
        )
        found = sympy.cancel((residual.T * spread.inv() * residual)[0])
        work.equal(f"|S_e| = |C_t| / |C_(t-1)| at step {t + 1}, {label}", spread.det(), total_determinant / determinant)
        work.equal(f"quadratic form at step {t + 1}, {label}", found, sympy.cancel(total_form - form))
        truth = -sympy.log((2 * sympy.pi) ** latents) / 2 - (_FORM + _LOG_DET) / 2
        work.equal(f"log density at step {t + 1}, {label}", truth, claim["log density"].subs(_N, latents))
        form, determinant = total_form, total_determinant
        if t + 1 < steps:
            filtered = _update(system, filtered, latent)


def _joint_covariance(system: System, steps: int) -> tuple[sympy.Matrix, list[sympy.Matrix]]:
    """Cov(z) over all steps, and Cov(h_t, z) with Var(h_t) last; from Cov(h_t, h_s) = A^(t-s) Var(h_s)."""
    a, q, d, r, variance = system
    variances = []
    for _ in range(steps):
        variance = a * variance * a.T + q
        variances.append(variance)

    def between(t: int, s: int) -> sympy.Matrix:
        return a ** (t - s) * variances[s] if t >= s else (a ** (s - t) * variances[t]).T

    blocks = [[d * between(t, s) * d.T + (r if s == t else 0 * r) for s in range(steps)] for t in range(steps)]
    crossed = [sympy.Matrix.hstack(*(between(t, s) * d.T for s in range(t + 1)), variances[t]) for t in range(steps)]
    return sympy.Matrix.vstack(*(sympy.Matrix.hstack(*row) for row in blocks)), crossed


def _conditional(
    work: Derivation, of_past: sympy.Matrix, crossed: sympy.Matrix, past: sympy.Matrix
) -> tuple[sympy.Matrix, sympy.Matrix]:
    """Mean and covariance of the state given the past by conditioning the joint Gaussian."""
    cross, variance = crossed[:, : of_past.rows], crossed[:, of_past.rows :]
    weights = cross * of_past.inv()
    mean = work.show("state given the past", (weights * past).applyfunc(sympy.cancel))
    return mean, (variance - weights * cross.T).applyfunc(sympy.cancel)


def _update(system: System, filtered: tuple[Any, Any], latent: Any) -> tuple[Any, Any]:
    """One step of the Kalman recursion."""
    a, q, d, r, _ = system
    ahead = a * filtered[1] * a.T + q
    gain = ahead * d.T * (d * ahead * d.T + r).inv()
    mean = a * filtered[0] + gain * (latent - d * a * filtered[0])
    return mean.applyfunc(sympy.cancel), (ahead - gain * d * ahead).applyfunc(sympy.cancel)


def _numerically(claim: dict[str, Any], work: Derivation) -> None:
    """20 steps, 4 states, 2 latents, float64: the sum over steps against scipy's joint density."""
    draw, states, latents, steps = np.random.default_rng(5), 4, 2, 20
    a = 0.9 * np.linalg.qr(draw.normal(size=(states, states)))[0]
    d, q, r = draw.normal(size=(latents, states)), 0.3 * np.eye(states), np.array([[0.5, 0.2], [0.2, 0.4]])
    z = draw.normal(size=(steps, latents))
    sizes = {_M: states, _N: latents}
    mean_of = sympy.lambdify([_A, _D, _STATE], claim["mean"].subs(sizes), "numpy")
    covariance_of = sympy.lambdify([_A, _Q, _S, _D, _R], claim["covariance"].subs(sizes), "numpy")
    density_of = sympy.lambdify([_FORM, _LOG_DET], claim["log density"].subs(_N, latents), "math")
    mean, covariance, total = np.zeros((states, 1)), np.eye(states), 0.0
    for row in z:
        residual, spread = row[:, None] - mean_of(a, d, mean), covariance_of(a, q, covariance, d, r)
        total += density_of((residual.T @ np.linalg.solve(spread, residual)).item(), np.linalg.slogdet(spread)[1])
        ahead = a @ covariance @ a.T + q
        gain = ahead @ d.T @ np.linalg.inv(d @ ahead @ d.T + r)
        mean, covariance = a @ mean + gain @ (row[:, None] - d @ a @ mean), ahead - gain @ d @ ahead
    variance, variances = np.eye(states), []
    for _ in range(steps):
        variance = a @ variance @ a.T + q
        variances.append(variance)
    joint = np.zeros((steps, latents, steps, latents))
    for t in range(steps):
        for s in range(t + 1):
            joint[t, :, s] = d @ np.linalg.matrix_power(a, t - s) @ variances[s] @ d.T + (r if s == t else 0.0)
            joint[s, :, t] = joint[t, :, s].T
    flat = joint.reshape(steps * latents, steps * latents)
    truth = multivariate_normal(np.zeros(steps * latents), flat).logpdf(z.ravel())
    work.close("20 steps, 4 states, 2 latents: sum of steps and joint log density", total, truth, atol=1e-9)


def _broadcasting(claim: dict[str, Any], work: Derivation) -> None:
    """Batch of 7, latent of size 1, state of size 3: z - A h has the wrong shape and raises nothing."""
    draw, sizes = np.random.default_rng(6), {_M: 3, _N: 1}
    a, d, state, z = (
        draw.normal(size=(3, 3)),
        draw.normal(size=(1, 3)),
        draw.normal(size=(7, 3, 1)),
        np.zeros((7, 1, 1)),
    )
    mean_of = sympy.lambdify([_A, _D, _STATE], claim["mean"].subs(sizes), "numpy")
    residual = np.stack([row - mean_of(a, d, h) for row, h in zip(z, state, strict=True)])
    work.require("z - D A h keeps the latent's shape", residual.shape == z.shape, residual.shape)
    trap = z - a @ state
    work.require("z - A h takes the state's shape without an error", trap.shape == (7, 3, 1), trap.shape)


def _witness() -> Witness:
    """One state, one latent: A = .9, D = .5, Q = .2, R = .1, P = 1; log P(z_2 | z_1) at z = (1, -.4)."""
    a, d, q, r, first, second = 0.9, 0.5, 0.2, 0.1, 1.0, -0.4
    variance = a * a + q
    joint = np.array([[d * d * variance + r, d * d * a * variance], [0.0, d * d * (a * a * variance + q) + r]])
    joint[1, 0] = joint[0, 1]
    truth = multivariate_normal([0, 0], joint).logpdf([first, second]) - multivariate_normal(0, joint[0, 0]).logpdf(
        first
    )
    gain = d * variance / joint[0, 0]
    state, left = gain * first, variance - gain * d * variance
    spread = d * d * (a * a * left + q) + r

    def log_density(residual: float, constant: float) -> float:
        return -(residual**2) / (2 * spread) - math.log(spread) / 2 - constant

    constant = math.log(2 * math.pi) / 2
    setting = "log P(z_2 | z_1), A = .9, D = .5, Q = .2, R = .1, P = 1, z = (1, -.4), h_t read as A h"
    return Witness(setting, truth, log_density(second - a * state, 0.0), log_density(second - d * a * state, constant))


CHECKS = (
    Check(
        id="eq-15",
        theme="kalman",
        statement=(
            r"\log P(z_t|z_{:t}) = -\frac{1}{2}e_t^{\top}\Sigma_e^{-1}e_t - \frac{1}{2}\log|\Sigma_e| -"
            r" \frac{n}{2}\log 2\pi,\quad e_t = z_t - D A h_{t-1|t-1},\quad"
            r" \Sigma_e = D(A S_{t-1|t-1}A^{\top} + Q)D^{\top} + R"
        ),
        source=Source("mikulasch2026ldm", "eq. 15"),
        kinds=("S", "N"),
        assumptions=(
            "Linear Gaussian states and observations with independent noises; parameters do not depend on the input.",
            "h_0 has mean zero and a known covariance; every observation covariance is invertible.",
        ),
        proved=(
            "Step by step against the joint Gaussian density: symbolically for one state and one latent over 3 steps,"
            " exactly at rational parameters for (states, latents, steps) = (2, 2, 3), (3, 2, 3), (2, 1, 4), and the"
            " recursion against conditioning; in float64 over 20 steps with 4 states and 2 latents; the shape that"
            " z - A h takes where sizes differ."
        ),
        not_proved="General sizes symbolically; numerical stability of the recursion over long sequences.",
        verify=_verify,
        claim=_claim,
        twins=(
            Twin("D left out of the prediction, as in eq. 15", partial(_claim, mean=_A * _STATE)),
            Twin("the filter's own state without A", partial(_claim, mean=_D * _STATE)),
            Twin("process noise left out of S_e", partial(_claim, covariance=_D * _A * _S * _A.T * _D.T + _R)),
            Twin("no constant, as in eq. 15", partial(_claim, constant=0)),
        ),
        erratum=Erratum(
            printed=(
                r"\log P(z_t|z_{:t}) = -\frac{1}{2}(z_t-Ah_t)^{\top}\Sigma_e^{-1}(z_t-Ah_t) -"
                r" \frac{1}{2}\log|\Sigma_e|"
            ),
            correct=(
                r"\log P(z_t|z_{:t}) = -\frac{1}{2}e_t^{\top}\Sigma_e^{-1}e_t - \frac{1}{2}\log|\Sigma_e| -"
                r" \frac{n}{2}\log 2\pi,\; e_t = z_t-DAh_{t-1|t-1}"
            ),
            witness=_witness,
            consequence="The residual needs the observation matrix and the state filtered up to the previous step; the"
            " constant is T/2 log 2 pi per latent dimension over T steps. Taken literally with a latent of size 1,"
            " z - A h broadcasts to the state's shape without an error.",
        ),
    ),
)
