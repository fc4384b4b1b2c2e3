"""The theorems that the claims are about."""

from __future__ import annotations

from reports.theorem import Removal, Theorem

THEOREM_1 = Theorem(
    id="thm-1",
    name="Theorem 1 (predictive LDM)",
    statement=(
        r"Let the true latents follow $z_t \sim \mathcal{N}(p(z_{:t}), \Sigma)$ with $\Sigma$ invertible and constant, "
        r"let $x_t = g(z_t)$ with $g$ injective, and let the encoder $f$, shared over time and seeing $x_t$ only, "
        r"match a model of the same form and dimension perfectly. If the predicted means of $n + 1$ pasts are affinely "
        r"independent and $h = f \circ g$ is invertible, then $h(z) = A z + c$."
    ),
    source="mikulasch2026ldm, Theorem 1; coverage in the weaker form of check thm-1-plus",
    assumptions=(
        "Gaussian noise of constant, nonsingular covariance",
        "injective mixing",
        "predicted means span the latent space affinely (coverage)",
        "encoder shared over time, of the true dimension, and invertible on the data",
        "perfect distribution matching",
    ),
    conclusion="affine",
    checks=("thm-1", "thm-1-plus", "cor-1"),
    violations=(
        Removal(
            assumption="coverage: nothing is predicted",
            automorphism=r"$h(z) = R(\theta(|z|^2))\, z$",
            predicted="outside affine where the encoder starts at the witness; a random start may land on affine",
            claim="thm-1/no-coverage",
            check="v1",
        ),
        Removal(
            assumption="injective mixing: one coordinate is folded",
            automorphism=r"$h(z) = (z_1, \Phi^{-1}(\tau(\Phi(z_2))))$, $\tau$ the tent map",
            predicted="none (not invertible)",
            claim="thm-1/fold",
            check="v9",
        ),
        Removal(
            assumption="injective mixing: frames outside the image are clamped",
            automorphism="$h$ is constant along the clamped directions",
            predicted="none (not invertible), score at most the ceiling",
            claim="thm-1/wobbly-published",
            check="",
        ),
        Removal(
            assumption="perfect matching: the encoder is untrained",
            automorphism="none is needed: the optimum is not reached",
            predicted="INCONCLUSIVE",
            claim="thm-1/untrained",
            check="",
        ),
        Removal(
            assumption="perfect matching: stop-gradient at fixed noise level",
            automorphism="its gradient field has other rest points, collapse included",
            predicted="INCONCLUSIVE",
            claim="thm-1/stop-gradient",
            check="eq-14",
        ),
    ),
)

LINEAR_ICA = Theorem(
    id="linear-ica",
    name="Linear ICA as LDM",
    statement=(
        r"Let $x = M s$ with independent sources and $M$ invertible. Maximising $\langle \log P_\theta(W x) \rangle + "
        r"\frac{1}{2} \log \det W W^T$ recovers the sources up to order, sign and scale when at most one source is "
        r"Gaussian, or when Gaussian sources have different autocovariances and $P_\theta$ knows them."
    ),
    source="mikulasch2026ldm, eq. 3",
    assumptions=("independent sources", "invertible mixing", "non-Gaussian sources or distinct dynamics"),
    conclusion="permutation_scale",
    checks=(),
)
