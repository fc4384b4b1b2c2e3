"""Maps from true latents to codes, one per class of the ladder, and their corrupted neighbours."""

from __future__ import annotations

import numpy as np


def rotation(d: int, rng: np.random.Generator) -> np.ndarray:
    q, r = np.linalg.qr(rng.standard_normal((d, d)))
    return q * np.sign(np.diag(r))


def signed_permutation(d: int, rng: np.random.Generator) -> np.ndarray:
    return np.eye(d)[rng.permutation(d)] * rng.choice([-1.0, 1.0], d)


def shear(d: int) -> np.ndarray:
    return np.eye(d) + 0.6 * np.eye(d, k=1)


def code_of(name: str, z: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The code z_hat = h(z) with h in class `name` and in no smaller one."""
    d = z.shape[1]
    p, q = signed_permutation(d, rng), rotation(d, rng)
    scales = np.linspace(0.5, 2.0, d)
    if np.allclose(np.abs(p), np.eye(d)) and (p.diagonal() > 0).all():
        p[:, 0] *= -1
    maps = {
        "identity": lambda: z.copy(),
        "permutation_sign": lambda: z @ p,
        "orthogonal": lambda: z @ q,
        "permutation_similarity": lambda: 1.7 * z @ p + 0.4,
        "permutation_scale": lambda: z @ p * scales + 0.4,
        "similarity": lambda: 1.7 * z @ q + 0.4,
        "affine": lambda: z @ q @ shear(d) * scales + 0.4,
        "componentwise": lambda: np.tanh(1.5 * z) @ p,
        "nonlinear": lambda: twist(z, 0.5) @ q,
    }
    return maps[name]()


def twist(z: np.ndarray, rate: float) -> np.ndarray:
    """Rotate (z1, z2) by rate * r^2, r clipped at 2: bijective, measure preserving."""
    angle = rate * np.minimum(np.sum(z[:, :2] ** 2, axis=1), 4.0)
    cos, sin = np.cos(angle), np.sin(angle)
    plane = np.stack([cos * z[:, 0] - sin * z[:, 1], sin * z[:, 0] + cos * z[:, 1]], axis=1)
    return np.concatenate([plane, z[:, 2:]], axis=1)
