"""The LeJEPA paper's theorem on alignment of whitened codes, and its converse."""

from __future__ import annotations

from reports.theorem import Removal, Theorem

_FOLDED = "outside orthogonal (folded)"

LEJEPA = Theorem(
    id="lejepa",
    name="LeJEPA theorem (alignment of whitened codes)",
    statement=(
        r"Let $z \sim \mathcal{N}(0, I)$, $z' = \rho z + \sqrt{1 - \rho^2}\, \eta$ with $\rho > 0$, and $x = g(z)$ "
        r"with $g$ injective. Among maps $h = f \circ g$ of zero mean and identity covariance the alignment "
        r"$\langle |h(z) - h(z')|^2 \rangle$ is least for $h(z) = Q z$, $Q$ orthogonal, and for no other."
    ),
    source="klindt2026lejepa",
    assumptions=(
        "stationary Gaussian latents",
        "equal positive correlations",
        "injective mixing",
        "whitened codes of zero mean",
        "perfect alignment",
    ),
    conclusion="orthogonal",
    checks=("lj-1", "lj-3", "lj-4"),
    worlds=("spiral", "banana", "sine_shear"),
    violations=(
        Removal(
            assumption=r"positive correlation: $\rho = -0.6$",
            automorphism=r"$h(z) = (z^2 - 1) / \sqrt{2}$, of correlation $\rho^2 > \rho$",
            predicted=_FOLDED,
            claim="lejepa/negative-correlation",
            check="lj-1",
            world="negative_correlation",
        ),
        Removal(
            assumption=r"equal correlations: $\rho = (.99, .05)$",
            automorphism=r"$h(z) = (\mathrm{sign}(z_1) |z_2|, \Phi^{-1}(\tau(\Phi(z_1))))$, $\tau$ the tent map",
            predicted=_FOLDED,
            claim="lejepa/unequal-correlations",
            check="lj-1",
            world="unequal_correlations",
        ),
        Removal(
            assumption="alignment: only the law of codes is asked for",
            automorphism=r"$h(z) = R(0.3\, |z|^2)\, z$",
            predicted="outside orthogonal",
            claim="lejepa/no-alignment",
            check="lj-3",
            world="no_alignment",
        ),
        Removal(
            assumption="zero mean, in the approximate version",
            automorphism="$h(z) = z + 1$",
            predicted="inside affine; the bound on the error is broken and nothing else",
            claim="lejepa/shifted-code",
            check="lj-4",
            world="shifted_code",
        ),
    ),
)

LEJEPA_CONVERSE = Theorem(
    id="lejepa-converse",
    name="LeJEPA converse (only Gaussian latents)",
    statement=(
        "Let $z$ follow a stationary reversible diffusion with additive noise. The slowest code of the latents is "
        "affine in them only where their law is Gaussian."
    ),
    source="klindt2026lejepa, converse theorem",
    assumptions=("Gaussian latents",),
    conclusion="orthogonal",
    checks=("lj-2",),
    worlds=("spiral",),
    violations=(
        Removal(
            assumption="Gaussian latents: Laplace ones",
            automorphism="$h(z)_i = w^{-1}(z_i)$, which makes them Gaussian",
            predicted="componentwise, outside affine",
            claim="lejepa-converse/laplace-latents",
            check="lj-2",
            world="laplace_latents",
        ),
        Removal(
            assumption="Gaussian latents: uniform ones, reflected at the walls",
            automorphism=r"$h(z)_i = \sqrt{2} \sin(\pi z_i / 2 \sqrt{3})$",
            predicted="componentwise, outside affine",
            claim="lejepa-converse/uniform-latents",
            check="lj-2",
            world="uniform_latents",
        ),
    ),
)
