"""Random Kalman systems, and the joint Gaussian law of their latents written down without any filter."""

import numpy as np
import torch
from scipy import stats

from identify.kalman_system import KalmanSystem

SHAPES = {
    "one of each": (1, 1, 1, 1, 1),
    "more states": (2, 3, 7, 2, 4),
    "more latents": (1, 2, 12, 3, 2),
    "a power of two": (1, 2, 16, 1, 3),
}
"""networks, sequences, frames, latents, states"""


def random_system(s, m, k, generator, noise=0.3):
    """Stable, nothing diagonal, float64."""

    def normal(*shape):
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    def covariance(d, scale):
        root = normal(s, d, d)
        return scale * (root @ root.mT / d + 0.1 * torch.eye(d, dtype=torch.float64))

    a = normal(s, k, k)
    a = 0.97 * a / torch.linalg.matrix_norm(a, 2)[:, None, None]
    return KalmanSystem(
        a, covariance(k, 0.3), normal(s, m, k), covariance(m, noise), normal(s, m), normal(s, k), covariance(k, 1.0)
    )


def case(shape, seed=0):
    """System and latents of a shape, and the generator they came from."""
    s, b, t, m, k = shape
    generator = torch.Generator().manual_seed(seed)
    system = random_system(s, m, k, generator)
    return system, torch.randn(s, b, t, m, generator=generator, dtype=torch.float64), generator


def some_observed(z, generator):
    """About two thirds of the entries; the first frame of the first sequence is missing altogether."""
    observed = torch.rand(*z.shape, generator=generator) < 0.66
    observed[:, 0, 0] = False
    return observed


def noise_of_every_frame(z, generator):
    """Covariances that differ between networks, sequences and frames."""
    root = torch.randn(*z.shape, z.shape[-1], generator=generator, dtype=torch.float64)
    return root @ root.mT + 0.1 * torch.eye(z.shape[-1], dtype=torch.float64)


def float32(system):
    return KalmanSystem(*(part.float() for part in system))


def alone(system, i):
    return KalmanSystem(*(part[i : i + 1] for part in system))


def joint_law(system, length, noise=None):
    """Means and covariances of the states [t k], [t k t k] and latents [t m], [t m t m] of one network (numpy)."""
    a, q, d, r, c, mean, p = (part[0].numpy() for part in system)
    k = len(a)
    h, variances, states = mean, [p], [mean]
    for _ in range(length - 1):
        h = a @ h
        states.append(h)
        variances.append(a @ variances[-1] @ a.T + q)
    of_states = np.zeros((length, k, length, k))
    for t in range(length):
        for u in range(t + 1):
            of_states[t, :, u] = np.linalg.matrix_power(a, t - u) @ variances[u]
            of_states[u, :, t] = of_states[t, :, u].T
    of_latents = np.einsum("mk,tkul,nl->tmun", d, of_states, d)
    for t in range(length):
        of_latents[t, :, t] += r if noise is None else noise[t].numpy()
    states = np.stack(states)
    return states, of_states, states @ d.T + c, of_latents


def joint_log_density(z, system, observed=None, noise=None):
    """[s b] by scipy."""
    s, b, t, m = z.shape
    values = np.zeros((s, b))
    for i in range(s):
        for j in range(b):
            _, _, mean, covariance = joint_law(alone(system, i), t, None if noise is None else noise[i, j])
            keep = np.ones(t * m, bool) if observed is None else observed[i, j].flatten().numpy()
            if keep.any():
                law = stats.multivariate_normal(
                    mean.ravel()[keep], covariance.reshape(t * m, t * m)[np.ix_(keep, keep)]
                )
                values[i, j] = law.logpdf(z[i, j].flatten().numpy()[keep])
    return torch.from_numpy(values)
