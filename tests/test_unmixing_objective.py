"""Linear ICA as a row of table 1: its objective is the log likelihood of the mixture, less the entropy of x."""

import math

import pytest
import torch
from scipy.stats import gennorm

from identify.unmixing_objective import LINEAR_ICA, UnmixingMethod
from tests.paired_codes import normals
from tests.unchecked_types import unchecked_types


@pytest.mark.parametrize("shape", [1.5, 4.0])
def test_linear_ica_is_the_log_likelihood_of_its_mixture(shape):
    """Change of variables against scipy's generalised normal; the twin with 1/2 log det is seen."""
    x, unmixing = normals(50, 3), normals(3, 3, seed=4)
    law = gennorm(shape, scale=shape ** (1 / shape))
    expected = law.logpdf((x @ unmixing.T).numpy()).sum(1).mean() + float(torch.linalg.slogdet(unmixing)[1])
    method = UnmixingMethod(shape=shape)
    assert -float(method.loss(x, unmixing)) == pytest.approx(expected, abs=1e-12)
    parts = method.objective(x, unmixing)
    assert abs(float(parts.alignment + 0.5 * parts.uniformity) - expected) > 0.01
    assert torch.autograd.gradcheck(lambda w: method.loss(x, w), (unmixing.requires_grad_(),))
    batched = method.loss(torch.stack([x, 2 * x]), torch.stack([unmixing, 0.5 * unmixing]).detach())
    assert float(batched[1] - batched[0]) == pytest.approx(3 * math.log(2), abs=1e-12)


def test_bad_unmixing_is_named():
    with pytest.raises(ValueError, match=r"shape=0\.0; give a finite number above 0"):
        UnmixingMethod(shape=0.0)
    with unchecked_types(), pytest.raises(ValueError, match=r"unmixing has shape \(2, 3\); x has 3 columns"):
        LINEAR_ICA.objective(normals(5, 3), normals(2, 3))
