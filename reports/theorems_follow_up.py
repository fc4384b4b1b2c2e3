"""The follow-up paper's theorem on signals under private nuisance, and its Gaussian corollary."""

from __future__ import annotations

from reports.theorem import Removal, Theorem

INFO_LDM = Theorem(
    id="fu-1",
    name="Follow-up theorem (sufficient statistics)",
    statement=(
        r"Let $x = g(s, n)$ with $g$ injective and $n$ independent of the condition $c$ given the signal $s$, and let "
        r"$p(s \mid c)$ be an exponential family whose natural parameters span. A code with $\mathrm{KL} = 0$ and "
        r"$I[z; z_c] = I[s; c]$ has $\tau^*(s) = A\, \tau_z(z) + b$; with $\tau^*$ in no hyperplane $A$ has full row "
        "rank."
    ),
    source="mikulasch2026infoldm, main theorem",
    assumptions=(
        "injective mixing of signal and nuisance",
        "private nuisance",
        "perfect distribution matching",
        "saturated information, $I[z; z_c] = I[s; c]$",
        "natural parameters that span (diversity)",
        "$\\tau^*(s)$ in no hyperplane",
    ),
    conclusion="affine",
    checks=("fu-1", "fu-1-diversity"),
    violations=(
        Removal(
            assumption="saturated information: matching alone is asked for",
            automorphism="$z = n$, which nothing predicts",
            predicted="none (the signal is lost)",
            claim="fu-1/ignored-signal",
            check="fu-1",
            world="ignored_signal",
        ),
        Removal(
            assumption="private nuisance: signal and nuisance are children of one condition",
            automorphism="$z = n$, as well predicted as the signal",
            predicted="outside affine (the signal is not determined)",
            claim="fu-1/common-cause",
            check="fu-1",
            world="common_cause",
        ),
        Removal(
            assumption="diversity: two conditions in three dimensions",
            automorphism=r"$h(s) = (s_1, R(0.5\, s_1)(s_2, s_3))$",
            predicted="outside affine",
            claim="fu-1/two-contexts",
            check="fu-1-diversity",
            world="two_contexts",
        ),
        Removal(
            assumption=r"no hyperplane: $\tau^*(s) = (s, 2 s)$",
            automorphism="$z = s$, of one dimension where $\\tau^*$ has two",
            predicted=r"affine; $r_z \geq r_s$ is broken and nothing else",
            claim="fu-1/redundant-statistic",
            check="fu-1",
            world="redundant_statistic",
        ),
    ),
)

FOLLOW_UP = Theorem(
    id="follow-up",
    name="Follow-up corollary (Gaussian signal under private nuisance)",
    statement=(
        r"Let $x = g(s, n)$ with $g$ injective, $n$ private (independent of the condition given the signal $s$) and "
        r"$p(s \mid c)$ Gaussian as in Theorem 1. An encoder as wide as $s$ that matches the model and keeps all "
        r"information on the condition, $I[z; z_c] = I[s; c]$, recovers $z = A s + b$."
    ),
    source="mikulasch2026infoldm",
    assumptions=(
        "injective mixing of signal and nuisance",
        "private nuisance",
        "Gaussian transitions of constant covariance whose means span the signal space",
        "code of the signal's dimension, perfect distribution matching",
    ),
    conclusion="affine",
    checks=("fu-1", "fu-cor"),
    worlds=("markov_gaussian_2_narrow",),
    violations=(
        Removal(
            assumption="perfect matching: information alone is asked for",
            automorphism="$z = s^3$ (trained: $s^3 + 3 s$), as any bijection",
            predicted="componentwise, outside affine",
            claim="follow-up/cubed-signal",
            check="fu-1",
            world="cubed_signal",
        ),
        Removal(
            assumption="constant covariance (world of Theorem 1h)",
            automorphism=r"$h(z) = (R(-2 \arctan(0.6\, z_3))(z_1, z_2), z_3)$",
            predicted="outside affine",
            claim="follow-up/context-covariance",
            check="fu-cor",
            world="context_covariance",
            shared=True,
        ),
    ),
)
