"""Simulated cases for the calibration of the verdict: a drawn map, latents, noise, and what would be right to say.

Truth is set by population loss of the noise-free code E[z_hat | z], on 20,000 rows: a class whose excess is below eps
counts as holding, above 2 eps as failing, between them either is right.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from identify.ladder.classes import LINEAR

KINDS = (*LINEAR, "componentwise", "few_bends", "many_bends", "none")
DIMENSIONS = (2, 5, 10, 30)
ROWS = (200, 1_000, 10_000)
NOISE = (0.0, 0.005, 0.02, 0.1)
MILD = 0.005
LAWS = ("gaussian", "laplace", "uniform")
TRUTH_ROWS = 20_000

Map = Callable[[np.ndarray, np.random.Generator], np.ndarray]


class Case(NamedTuple):
    """What was drawn; `mild` noise leaves 0.5 % of each code's variance at most."""

    number: int
    kind: str
    d: int
    n: int
    noise: float
    correlated: bool
    law: str

    @property
    def mild(self) -> bool:
        """Whether the noise is mild."""
        return self.noise <= MILD


class Drawn(NamedTuple):
    """A case with its latents' sampler and its map (some lose information by drawing fresh noise)."""

    case: Case
    sample: Callable[[int, np.random.Generator], np.ndarray]
    code: Map
    noise_scale: Float[np.ndarray, " d"]


def draw_case(index: int, seed: int) -> Drawn:
    """Draw case `index`; kinds and rows go round evenly, everything else is random."""
    rng = np.random.default_rng([seed, index])
    kind, n = KINDS[index % len(KINDS)], ROWS[index // len(KINDS) % len(ROWS)]
    d = int(rng.choice([k for k in DIMENSIONS if 3 * k < n / 2]))
    case = Case(index, kind, d, n, float(rng.choice(NOISE)), bool(rng.integers(2)), str(rng.choice(LAWS)))
    sample = _sampler(case, rng)
    code = _map(kind, d, rng)
    probe = code(sample(4_000, rng), rng)
    return Drawn(case, sample, code, np.sqrt(case.noise) * probe.std(axis=0))


def noisy(drawn: Drawn, z: Float[np.ndarray, "n d"], rng: np.random.Generator) -> Float[np.ndarray, "n d"]:
    """The code of z with noise."""
    clean = drawn.code(z, rng)
    return clean + drawn.noise_scale * rng.standard_normal(clean.shape)


def _sampler(case: Case, rng: np.random.Generator) -> Callable[[int, np.random.Generator], np.ndarray]:
    mixing: np.ndarray = np.eye(case.d)
    if case.correlated:
        loadings = rng.uniform(-0.6, 0.6, (case.d, 2))
        mixing = np.linalg.cholesky(np.eye(case.d) * 0.6 + loadings @ loadings.T)
        mixing /= np.sqrt(np.sum(mixing**2, axis=1))[:, None]

    def sample(n: int, source: np.random.Generator) -> np.ndarray:
        shape = (n, case.d)
        if case.law == "gaussian":
            raw = source.standard_normal(shape)
        elif case.law == "laplace":
            raw = source.laplace(size=shape) / np.sqrt(2)
        else:
            raw = source.uniform(-np.sqrt(3), np.sqrt(3), shape)
        return raw @ mixing.T

    return sample


def _rotation(d: int, rng: np.random.Generator) -> np.ndarray:
    q, r = np.linalg.qr(rng.standard_normal((d, d)))
    return q * np.sign(np.diag(r))


def _map(kind: str, d: int, rng: np.random.Generator) -> Map:
    """Draw a map of the kind; its distance from smaller kinds is log-uniform, so that borderline cases occur."""
    size = float(np.exp(rng.uniform(np.log(0.1), np.log(1.0))))
    p = np.eye(d)[rng.permutation(d)] * rng.choice([-1.0, 1.0], d)
    q = _rotation(d, rng)
    offset = size * rng.standard_normal(d)
    scales = np.exp(size * rng.uniform(-1, 1, d))
    matrices = {
        "identity": np.eye(d),
        "permutation_sign": p,
        "orthogonal": q,
        "permutation_similarity": np.exp(size) * p,
        "permutation_scale": p * scales,
        "similarity": np.exp(size) * q,
        "affine": (q * scales) @ _rotation(d, rng),
    }
    if kind in matrices:
        matrix, shift = matrices[kind], offset * (kind not in ("identity", "permutation_sign", "orthogonal"))
        return lambda z, _: z @ matrix + shift
    if kind == "componentwise":
        bends = [_monotone(size, rng) for _ in range(d)]
        return lambda z, _: np.stack([bend(z[:, k]) for k, bend in enumerate(bends)], axis=1) @ p
    if kind == "many_bends":
        second = _rotation(d, rng)
        return lambda z, _: _leaky(z @ q, 1 - 0.8 * size) @ second
    if kind == "few_bends":
        return _few_bends(size, d, q, rng)
    return _lossy(d, q, rng)


def _monotone(size: float, rng: np.random.Generator) -> Callable[[np.ndarray], np.ndarray]:
    shape, sign = int(rng.integers(3)), float(rng.choice([-1.0, 1.0]))
    bends = (
        lambda a: a + 3 * size * np.tanh(2 * a),
        lambda a: a + size * a**3 / 3,
        lambda a: _leaky(a, 1 - 0.8 * size),
    )
    return lambda a: sign * bends[shape](a)


def _leaky(a: np.ndarray, slope: float) -> np.ndarray:
    return np.where(a > 0, a, slope * a)


def _few_bends(size: float, d: int, q: np.ndarray, rng: np.random.Generator) -> Map:
    """A bijection that bends two directions (rotated into all coordinates): twist, shear or rotated componentwise."""
    shape, turn = int(rng.integers(3)), _rotation(d, rng)

    def bend(z: np.ndarray, _: np.random.Generator) -> np.ndarray:
        w = z @ turn
        a, b = w[:, 0], w[:, 1]
        if shape == 0:
            angle = size * np.minimum(a**2 + b**2, 4)
            a, b = np.cos(angle) * a - np.sin(angle) * b, np.sin(angle) * a + np.cos(angle) * b
        elif shape == 1:
            b = b + 1.5 * size * np.sin(2 * a)
        else:
            a, b = a + size * a**3 / 3, b + 2 * size * np.tanh(2 * b)
        return np.concatenate([np.stack([a, b], axis=1), w[:, 2:]], axis=1) @ q

    return bend


def _lossy(d: int, q: np.ndarray, rng: np.random.Generator) -> Map:
    shape = int(rng.integers(3))

    def lose(z: np.ndarray, source: np.random.Generator) -> np.ndarray:
        if shape == 0:
            return source.standard_normal(z.shape)
        first = np.abs(z[:, :1]) if shape == 1 else source.standard_normal((len(z), 1))
        return np.concatenate([first, z[:, 1:]], axis=1) @ q

    return lose


def population_excess(drawn: Drawn, rng: np.random.Generator, componentwise: bool) -> dict[str, float]:
    """Excess loss of every linear class (and, if asked, componentwise) in the worst direction.

    At the population's fit to the noise-free code.
    """
    from identify.ladder.kernel_ridge import whitener
    from identify.ladder.linear_maps import fit_linear_maps
    from identify.ladder.monotone import fit_monotone_map
    from identify.ladder.residuals import second_moment

    z = drawn.sample(TRUTH_ROWS, rng)
    y = drawn.code(z, rng)
    _, white = whitener(y + drawn.noise_scale * rng.standard_normal(y.shape))
    maps = dict(fit_linear_maps(z, y))
    excess = {name: _worst(second_moment((y - fitted(z)) @ white)) for name, fitted in maps.items()}
    if not componentwise:
        return excess
    if drawn.case.kind in (
        "componentwise",
        "identity",
        "permutation_sign",
        "permutation_similarity",
        "permutation_scale",
    ):
        excess["componentwise"] = 0.0
    else:
        excess["componentwise"] = _worst(second_moment((y - fit_monotone_map(z, y)(z)) @ white))
    return excess


def _worst(form: np.ndarray) -> float:
    return float(np.linalg.eigvalsh(form)[-1])
