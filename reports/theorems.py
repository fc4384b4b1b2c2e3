"""The theorems of the LDM paper as printed (coverage in its weaker form), with a row for every assumption."""

from __future__ import annotations

from reports.theorem import Removal, Theorem

NOT_AFFINE = "outside affine"
LOST = "none (not invertible)"

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
    worlds=("markov_gaussian_2_narrow", "markov_gaussian_4_narrow", "spiral", "banana", "sine_shear"),
    violations=(
        Removal(
            assumption="coverage: nothing is predicted",
            automorphism=r"$h(z) = R(\theta(|z|^2))\, z$",
            predicted="outside affine where the encoder starts at the witness; a random start may land on affine",
            claim="thm-1/no-coverage",
            check="v1",
            world="constant_predictor",
            shared=True,
        ),
        Removal(
            assumption="injective mixing: one coordinate is folded",
            automorphism=r"$h(z) = (z_1, \Phi^{-1}(\tau(\Phi(z_2))))$, $\tau$ the tent map",
            predicted=LOST,
            claim="thm-1/fold",
            check="v9",
            world="fold",
            shared=True,
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
        Removal(
            assumption="Gaussian noise: latents are warped, $z = \\sinh(1.2\\, y)$",
            automorphism=r"$h(z) = \mathrm{asinh}(z) / 1.2$",
            predicted="componentwise, outside affine",
            claim="thm-1/warped-latents",
            check="",
            world="warped_latents",
        ),
        Removal(
            assumption="nonsingular covariance: one coordinate copies the past of another",
            automorphism=r"$h(z) = (z_1, \mathrm{asinh}(8 z_2))$",
            predicted=NOT_AFFINE,
            claim="thm-1/delayed-copy",
            check="",
            world="delayed_copy",
            untrained="the profiled covariance can become singular, so that the objective has no upper bound",
        ),
        Removal(
            assumption="encoder sees $x_t$ only: it sees the frame before as well",
            automorphism=r"$h_t = R(z_{t-1,1})\, z_t$",
            predicted="outside affine; no function of one frame",
            claim="thm-1/encoder-of-the-past",
            check="",
            world="encoder_of_the_past",
        ),
        Removal(
            assumption="encoder shared over time: it knows the time",
            automorphism=r"$h_t(z) = R(\pi t)\, z$",
            predicted="outside affine, pooled over time",
            claim="thm-1/encoder-of-the-time",
            check="",
            world="encoder_of_the_time",
        ),
        Removal(
            assumption="invertible encoder: an unpredicted coordinate may be folded",
            automorphism=r"$h(z) = (z_1, \Phi^{-1}(\tau(\Phi(z_2))))$, $\tau$ the tent map",
            predicted=LOST,
            claim="thm-1/free-coordinate",
            check="v9",
            world="free_coordinate",
        ),
        Removal(
            assumption="injective mixing: it folds an unpredicted coordinate",
            automorphism=r"$h(z) = (z_1, \Phi^{-1}(\tau(\Phi(z_2))))$, $\tau$ the tent map",
            predicted=LOST,
            claim="thm-1/folded-mixing",
            check="v9",
            world="fold",
            untrained="codes of this world are trained in the claim thm-1/fold of the quick profile",
        ),
        Removal(
            assumption="equal dimension: the code has one dimension less",
            automorphism=r"$h(z) = (z_1, \ldots, z_{n-1})$",
            predicted="none (a subspace)",
            claim="thm-1/independent-coordinate",
            check="dim-down",
            world="independent_coordinate",
        ),
        Removal(
            assumption="restricted model: any conditional density is allowed",
            automorphism=r"$h(z) = (z_1, z_2 + \sin z_1)$, or any diffeomorphism",
            predicted=NOT_AFFINE,
            claim="thm-1/free-density",
            check="",
            world="free_density",
        ),
    ),
)

COROLLARY_1 = Theorem(
    id="cor-1",
    name="Corollary 1 (known noise covariance)",
    statement=(
        r"Under the assumptions of Theorem 1, $h(z) = A z + b$ with $A^\top \Sigma_R^{-1} A = \Sigma^{-1}$. Where both "
        r"covariances are known to be round, $A$ is a rotation or reflection with one scale."
    ),
    source="mikulasch2026ldm, Corollary 1",
    assumptions=("all of Theorem 1", "round noise, in the world and in the model"),
    conclusion="similarity",
    checks=("cor-1",),
    worlds=("markov_gaussian_2_narrow",),
)

THEOREM_2 = Theorem(
    id="thm-2",
    name="Theorem 2 (latents on a sphere)",
    statement=(
        r"Let unit vectors $z_t$ follow a von Mises-Fisher law about $p(z_{:t})$ with constant $\kappa$, let "
        r"$x_t = g(z_t)$ with $g$ injective, and let the encoder match a model of the same form perfectly. If the "
        r"differences of predicted directions span the space, then $h(z) = Q z$, $Q$ orthogonal."
    ),
    source="mikulasch2026ldm, Theorem 2; stronger conclusion and weaker coverage of check thm-2",
    assumptions=(
        "von Mises-Fisher noise of constant concentration",
        "injective mixing",
        "predicted directions span the space affinely",
        "encoder shared over time, onto the same sphere, and invertible",
        "perfect distribution matching",
    ),
    conclusion="orthogonal",
    checks=("thm-2", "thm-2-iii", "thm-2-volume"),
    worlds=("sphere_walk",),
    violations=(
        Removal(
            assumption="coverage: all predicted directions lie on one axis",
            automorphism=r"$h(z) = (z_1, R(4 z_1)(z_2, z_3))$ on the sphere",
            predicted="outside orthogonal",
            claim="thm-2/axial-sphere",
            check="thm-2",
            world="axial_sphere",
        ),
        Removal(
            assumption="coverage: one direction is predicted",
            automorphism=r"$h = F^{-1}(F(\cdot) + 1/4)$ of the angle, $F$ its distribution function",
            predicted="outside orthogonal",
            claim="thm-2/constant-circle",
            check="thm-2",
            world="constant_circle",
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
    worlds=("ornstein_uhlenbeck",),
)
