"""What the proof of the LDM paper's Theorem 1 yields beyond its print: coverage by points, rank, covariance."""

from __future__ import annotations

from reports.theorem import Removal, Theorem

THEOREM_1_PLUS = Theorem(
    id="thm-1-plus",
    name="Theorem 1+ (coverage by n + 1 points)",
    statement=(
        r"In Theorem 1 it is enough that the predicted means $p(z_{:t})$ at $n + 1$ pasts are affinely independent. No "
        r"derivative of $p$ is needed, and its Jacobian may have rank one or vanish almost everywhere."
    ),
    source="mikulasch2026ldm, Theorem 1, assumption (iii) weakened",
    assumptions=("all of Theorem 1, coverage being that predicted means lie in no hyperplane",),
    conclusion="affine",
    checks=("thm-1-plus", "v1"),
    worlds=("moment_curve", "jumps", "markov_gaussian_2_narrow"),
    violations=(
        Removal(
            assumption="coverage: nothing is predicted",
            automorphism=r"$h(z) = R(\theta(|z|^2))\, z$",
            predicted="outside affine; a random start may land on affine",
            claim="thm-1-plus/constant-predictor",
            check="v1",
            world="constant_predictor",
        ),
    ),
)

THEOREM_1_RANK = Theorem(
    id="thm-1r",
    name="Theorem 1r (deficient coverage)",
    statement=(
        r"Let the differences of predicted means span $r$ dimensions only and $h$ be a homeomorphism. Then $r$ "
        r"independent linear functionals of $h$ are affine in $z$. With $n - r = 1$, $h$ is still affine: monotone "
        r"transport between normal laws is. With $n - r \geq 2$ it need not be."
    ),
    source="mikulasch2026ldm, Theorem 1, assumption (iii) weakened",
    assumptions=("all of Theorem 1, but at most one dimension is left without prediction", "continuous $h$"),
    conclusion="affine",
    checks=("thm-1r",),
    worlds=("one_dimension", "deficiency_one"),
    violations=(
        Removal(
            assumption="deficiency one: two dimensions of three are left without prediction",
            automorphism=r"$h(z) = (z_1, R(z_1)(z_2, z_3))$",
            predicted="outside affine; a random start may land on affine",
            claim="thm-1r/deficiency-two",
            check="thm-1r",
            world="deficiency_two",
        ),
    ),
)

THEOREM_1_COVARIANCE = Theorem(
    id="thm-1h",
    name="Theorem 1h (the covariance must be constant)",
    statement=(
        r"Theorem 1 needs one covariance: for models $\mathcal{N}(p(z_{:t}), \Sigma(z_{:t}))$ it fails in two "
        r"dimensions with predictions that span, and in three even with $J_p$ of full row rank."
    ),
    source="mikulasch2026ldm, Theorem 1 with a covariance that depends on the past",
    assumptions=("all of Theorem 1", "one covariance for all pasts, in the world and in the model"),
    conclusion="affine",
    checks=("thm-1h",),
    worlds=("markov_gaussian_2_narrow",),
    violations=(
        Removal(
            assumption="constant covariance, predictions of full row rank kept",
            automorphism=r"$h(z) = (R(-2 \arctan(0.6\, z_3))(z_1, z_2), z_3)$",
            predicted="outside affine",
            claim="thm-1h/context-covariance",
            check="thm-1h",
            world="context_covariance",
        ),
        Removal(
            assumption="constant covariance, affine span of predictions kept",
            automorphism=r"a flow along the ellipses $z_1^2 + z_2^2 / 4 = q$ that keeps $\mathcal{N}(e_0, I)$",
            predicted="outside affine",
            claim="thm-1h/level-set-flow",
            check="",
            world="level_set_flow",
        ),
    ),
)
