"""Codes for tests of paired objectives: raw outputs, heads, and the maps that each space's objectives cannot see."""

import torch

from identify.latent_spaces import Categories, Plane, Simplex, Sphere

SPACES = {"plane": Plane, "sphere": Sphere, "simplex": Simplex, "categories": Categories}


def normals(*shape, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


def raw_pair(n, m, seed=0, noise=0.4):
    """Raw outputs of two views of the same n things."""
    shared = normals(n, m, seed=seed)
    return tuple(shared + noise * normals(n, m, seed=seed + one) for one in (1, 2))


def codes_of(method, raw):
    """Raw outputs carried to the space of the method's latent model."""
    return SPACES[method.model.lives_on](raw.shape[-1]).head(raw)


def pair_for(method, n=12, m=3, seed=0):
    return tuple(codes_of(method, one) for one in raw_pair(n, m, seed))


def turned_predictor(method, m=3, seed=9):
    """Codes turned by a random matrix and carried back to the space: a predictor that is not the identity."""
    weight = torch.eye(m, dtype=torch.float64) + 0.3 * normals(m, m, seed=seed)
    if method.model.lives_on in ("simplex", "categories"):
        return lambda z: codes_of(method, z.log() @ weight)
    return lambda z: codes_of(method, z @ weight)


def symmetry(method, m=3, seed=5):
    """A map of codes that leaves the method's latent model as it is."""
    if method.model.lives_on in ("simplex", "categories"):
        order = torch.arange(m).roll(1)
        return lambda z: z[..., order]
    q, _ = torch.linalg.qr(normals(m, m, seed=seed))
    shift = 3.0 if method.model.lives_on == "plane" else 0.0
    return lambda z: z @ q + shift


def distortion(method):
    """A map within the space that is no symmetry."""
    space = SPACES[method.model.lives_on]
    if method.model.lives_on == "plane":
        return lambda z: 1.5 * z
    if method.model.lives_on == "sphere":
        return lambda z: space(z.shape[-1]).head(z * torch.linspace(1, 2, z.shape[-1], dtype=z.dtype))
    return lambda z: space(z.shape[-1]).head(1.5 * z.log())
