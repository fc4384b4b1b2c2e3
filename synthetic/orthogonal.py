"""Random orthogonal matrices, Haar distributed: Q of a Gaussian matrix's QR, signs of R's diagonal moved into Q."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor


def random_orthonormal(rows: int, columns: int, generator: torch.Generator) -> Float[Tensor, "rows columns"]:
    """Haar-distributed matrix with orthonormal columns, float64; ValueError unless 1 <= columns <= rows."""
    if not 1 <= columns <= rows:
        raise ValueError(f"columns={columns} orthonormal columns do not fit rows={rows}: take 1 <= columns <= rows")
    gaussian = torch.randn(rows, columns, generator=generator, dtype=torch.float64, device=generator.device)
    q, r = torch.linalg.qr(gaussian)
    return q * torch.sign(torch.diagonal(r))


def random_rotation(dim: int, generator: torch.Generator) -> Float[Tensor, "dim dim"]:
    """Haar-distributed rotation (determinant +1), float64; in one dimension this is the number 1."""
    q = random_orthonormal(dim, dim, generator)
    if torch.linalg.det(q) < 0:
        q[:, 0] = -q[:, 0]
    return q


def random_conditioned(dim: int, condition: float, generator: torch.Generator) -> Float[Tensor, "dim dim"]:
    """U diag(s) V^T with s log-spaced from condition^(-1/2) to condition^(1/2): this condition number, |det| = 1."""
    if condition < 1:
        raise ValueError(f"condition={condition} is no condition number: take condition >= 1")
    exponents = torch.linspace(-0.5, 0.5, dim, dtype=torch.float64) if dim > 1 else torch.zeros(1, dtype=torch.float64)
    scales = torch.as_tensor(condition, dtype=torch.float64) ** exponents.to(generator.device)
    return random_orthonormal(dim, dim, generator) * scales @ random_orthonormal(dim, dim, generator).T
