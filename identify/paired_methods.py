r"""Self-supervised methods on pairs of codes as values with two knobs: the rows of LDM table 1.

With latent model P, entropy estimate H and predictions p(z) (z itself where there is no predictor), nats per pair:

| form | prior | F = alignment + uniformity | LDM eq. |
|---|---|---|---|
| MI | flat, uniform | $\langle\log P(z)+\log P(z'|p(z))\rangle+H[z]+H[z']$ | 6, 37 |
| MI | empirical | $\langle\log P(z'|p(z))\rangle+H[z']$ | 20 |
| LDM | flat, uniform | $\langle\log P(z)+\log P(z'|p(z))\rangle+H[z,z']$ | 5, 21 |
| LDM | empirical | $\langle\log P(z'|p(z))\rangle+H[z,z']-H[z]$ | 12, 20 |

F is to be maximised and `loss` is -F; eq. 43 says minimise for maximise. All constants are kept, so a scale that is
learned has its full gradient. `docs/methods.md` has the table of rows, and where the paper's formula is not the
method's published loss. A row's hyperparameters change by `dataclasses.replace`. `identify.fit` trains every row.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from identify.paired_objectives.categorical_pair import CategoricalPair, CategoricalPlugIn
from identify.paired_objectives.dirichlet_pair import DirichletPair
from identify.paired_objectives.gaussian_entropies import LogDet, Neighbours, VarianceCovariance
from identify.paired_objectives.gaussian_pair import GaussianPair
from identify.paired_objectives.kernel_entropies import Candidates, Kernel
from identify.paired_objectives.pair_check import Codes, Value, check_pair
from identify.paired_objectives.pair_entropy import ALL_FORMS, PairEntropy, StopGradient
from identify.paired_objectives.pair_model import PairModel
from identify.paired_objectives.pair_objective import PairObjective
from identify.paired_objectives.spherical_pair import SphericalPair

Predictor = Callable[[Codes], Codes]

JUDGES: dict[str, PairEntropy] = {
    "plane": Neighbours(3),
    "sphere": Neighbours(3),
    "simplex": Kernel(),
    "categories": CategoricalPlugIn(),
}
"""The estimator by space that stands in where a method has none of its own; neighbours do not live on the simplex."""


@dataclass(frozen=True)
class PairedMethod:
    """Latent model, entropy estimator and form; `symmetric` averages over both views as the one that predicts.

    The rest is for training: `predicts` gives the row a predictor, without one codes predict themselves; `learns_scale`
    makes the model's scale a parameter that starts at its value, which needs the empirical prior (with another one
    codes that grow along with it raise F without end); `start` is an estimator for the first `warm_start` share of the
    steps.
    """

    name: str
    model: PairModel
    entropy: PairEntropy
    form: Literal["MI", "LDM"] = "MI"
    symmetric: bool = False
    predicts: bool = False
    learns_scale: bool = False
    start: PairEntropy | None = None
    warm_start: float = 0.0

    def __post_init__(self) -> None:
        if self.form not in ALL_FORMS:
            raise ValueError(f"form={self.form!r}; an objective is MI or LDM")
        estimator = type(self.entropy).__name__
        for what, value, known in (
            ("space", self.model.lives_on, self.entropy.spaces),
            ("form", self.form, self.entropy.forms),
            ("prior", self.model.prior, self.entropy.priors),
        ):
            if value not in known:
                raise ValueError(f"{what}={value!r}; {estimator} is for {what} {' or '.join(known)}")
        if self.learns_scale and not (self.entropy.learns_scale and self.model.prior != "flat"):
            raise ValueError(
                f"learns_scale=True with {estimator} and the {self.model.prior} prior: F has no upper bound there; "
                "leave the scale fixed"
            )
        if not 0 <= self.warm_start <= 1 or (self.warm_start > 0) != (self.start is not None):
            raise ValueError(
                f"warm_start={self.warm_start} with start={self.start}; give an estimator to start with and a share "
                "of the steps above 0 and up to 1, or neither"
            )

    def at(self, share: float) -> PairedMethod:
        """The method in force when that share of the steps is done."""
        if self.start is None or share >= self.warm_start:
            return self
        return replace(self, entropy=self.start, start=None, warm_start=0.0)

    def judged(self) -> PairedMethod:
        """The method whose value runs are judged by: stop-gradient has none, an estimator of entropy replaces it."""
        if not self.entropy.stops_gradient:
            return self
        return replace(self, entropy=JUDGES[self.model.lives_on])

    def objective(self, first: Codes, second: Codes, predictor: Predictor | None = None) -> PairObjective:
        """Alignment and uniformity of codes [n m] and their partners, row by row.

        `predictor` maps codes to predictions of their partners; without it codes predict themselves. Raises ValueError
        for shapes that differ, a single row, codes or predictions off the model's space.
        """
        check_pair(first, second)
        space = self.model.space(first.shape[-1])
        space.check(first, "first")
        space.check(second, "second")
        return self.unchecked_objective(first, second, self._checked(predictor))

    def unchecked_objective(self, first: Codes, second: Codes, predictor: Predictor | None = None) -> PairObjective:
        """The same for what comes out of heads: codes that are not finite give a value that is not, and no error."""
        forth = self._directed(first, second, predictor)
        if not self.symmetric:
            return forth
        back = self._directed(second, first, predictor)
        return PairObjective(*(0.5 * (a + b) for a, b in zip(forth, back, strict=True)))

    def loss(self, first: Codes, second: Codes, predictor: Predictor | None = None) -> Value:
        """-F, to be minimised. Raises what `objective` raises."""
        return -self.objective(first, second, predictor).total

    def _checked(self, predictor: Predictor | None) -> Predictor:
        def predict(codes: Codes) -> Codes:
            predictions = codes if predictor is None else predictor(codes)
            check_pair(codes, predictions, ("second", "predictions"))
            self.model.check_condition(predictions, "predictions")
            return predictions

        return predict

    def _directed(self, first: Codes, second: Codes, predictor: Predictor | None) -> PairObjective:
        predictions = first if predictor is None else predictor(first)
        target = second.detach() if self.entropy.stops_gradient else second
        likelihood = self.model.log_prob(target, predictions).mean(-1)
        alignment = likelihood + self.model.log_prior(first.shape[-1])
        return PairObjective(alignment, self._uniformity(first, second, predictions))

    def _uniformity(self, first: Codes, second: Codes, predictions: Codes) -> Value:
        prior_cancels = self.model.prior == "empirical"
        if self.form == "LDM":
            joint = self.entropy.joint(first, second, self.model)
            return joint - self.entropy.of_first(first, second, self.model) if prior_cancels else joint
        of_second = self.entropy.of_second(first, second, predictions, self.model)
        return of_second if prior_cancels else of_second + self.entropy.of_first(first, second, self.model)


def vicreg_as_published(
    width: int, invariance: float = 25.0, variance: float = 25.0, covariance: float = 1.0
) -> PairedMethod:
    r"""VICReg's own loss, $\lambda\frac1m\langle\|z-z'\|^2\rangle+\mu[\ldots]+\nu[\ldots]$, plus a constant.

    The constant is $\frac m2\log2\pi\sigma^2$ with $\sigma^2=m/2\lambda$, the noise level that the invariance weight
    stands for at that width. Raises ValueError for a width below 1 or an invariance weight that is not above 0.
    """
    if width < 1:
        raise ValueError(f"width={width}; a code needs at least one dimension")
    if not invariance > 0:
        raise ValueError(
            f"invariance={invariance}; without the invariance term there is no latent model, give a weight"
        )
    model = GaussianPair(math.sqrt(width / (2 * invariance)))
    return PairedMethod("VICReg as published", model, VarianceCovariance(variance, covariance))


VICREG = PairedMethod("VICReg", GaussianPair(), LogDet())
"""LDM eq. 8 (constants kept)."""
VICREG_LDM = PairedMethod("VICReg, LDM", GaussianPair(), LogDet(), "LDM")
"""LDM eq. 9."""
NT_XENT = PairedMethod("SimCLR (NT-Xent)", SphericalPair(2.0, "empirical"), Kernel(pooled=True))
"""NT-Xent at temperature 1/beta, less log(2n - 1): F_MI with the empirical prior (LDM eq. 20), not eq. 11."""
SIMCLR_UNIFORM = PairedMethod("SimCLR, uniform prior", SphericalPair(2.0), Kernel(pooled=True))
"""LDM eq. 11, 48: uniformity counts twice, which NT-Xent has once. log Z(beta) and log area are kept."""
SIMCLR_LDM = PairedMethod("SimCLR, LDM", SphericalPair(2.0), Kernel(pooled=True), "LDM")
"""LDM eq. 47, over pairs in both orders and without the self-term."""
INFO_NCE = PairedMethod("CPC (InfoNCE)", SphericalPair(2.0, "empirical"), Candidates(), predicts=True)
"""InfoNCE less log n; -loss is the bound log n - InfoNCE on the information."""
INFO_NCE_GAUSSIAN = PairedMethod("CPC (InfoNCE), Gaussian", GaussianPair(1.0, "empirical"), Candidates(), predicts=True)
"""The same with scores -|p(z) - z'|^2 / (2 sigma^2)."""
CPC_LDM = PairedMethod("CPC, LDM", SphericalPair(2.0, "empirical"), Kernel(), "LDM", predicts=True)
"""LDM eq. 12: H[z'|z] as the difference of two kernel entropies."""
BYOL = PairedMethod("BYOL", SphericalPair(1.0, "empirical"), StopGradient(), "LDM", predicts=True)
"""LDM eq. 56-58, one direction: hand the target network's codes in as `second`."""
SIMSIAM = PairedMethod("SimSiam", SphericalPair(1.0, "empirical"), StopGradient(), "LDM", symmetric=True, predicts=True)
"""LDM eq. 56-58, both directions, one network: -cos(p(z), SG[z']) on average, plus log Z(1)."""
JEPA = PairedMethod("JEPA", GaussianPair(1.0, "empirical"), StopGradient(), "LDM", predicts=True)
"""LDM eq. 59, 60: half the squared error in units of sigma; it approximates LDM at sigma^2 = residual variance only."""
SIMPLEX = PairedMethod("Dirichlet simplex", DirichletPair(10.0), Kernel(pooled=True))
"""LDM eq. 49-51 (like DINO), with the kernel of the second line of eq. 51."""
SIMPLEX_LDM = PairedMethod("Dirichlet simplex, LDM", DirichletPair(10.0), Kernel(pooled=True), "LDM")
"""The same with the product kernel."""
CATEGORICAL = PairedMethod("categorical", CategoricalPair.with_match(0.99, 10), CategoricalPlugIn(), "LDM")
"""LDM eq. 82 with H[z, z'], for 10 categories that views share with probability .99."""
CATEGORICAL_MI = PairedMethod("categorical, MI", CategoricalPair.with_match(0.99, 10), CategoricalPlugIn())
"""LDM A.8: its optimum is no collapse, but softmax codes start on a plateau there (check `a.8`)."""

ROWS = (
    VICREG,
    VICREG_LDM,
    NT_XENT,
    SIMCLR_UNIFORM,
    SIMCLR_LDM,
    INFO_NCE,
    INFO_NCE_GAUSSIAN,
    CPC_LDM,
    BYOL,
    SIMSIAM,
    JEPA,
    SIMPLEX,
    SIMPLEX_LDM,
    CATEGORICAL,
    CATEGORICAL_MI,
)
"""Every row on pairs; linear ICA has one view and stands in `unmixing_objective`, VICReg's own loss needs a width."""
