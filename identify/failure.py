r"""Failed runs, told from the objective alone: with $v_i\pm s_i$ the held-out objective of run i and v the best one's,

$$i\ \text{failed}\iff v-v_i>k\sqrt{s_i^2+s^2}\ \text{ and }\ v-v_i>\rho\max(v,0).$$

In MI form v estimates the information between past and present (nats a frame), which no code of the same width exceeds
and which is the same for every mixing of the same latents: a run that lost more than a share $\rho$ of it has lost
latents, whatever their scale. No true latents and no known optimum enter. The values are invariant under affine maps of
the codes, and have to come from one estimator on comparable data. What this cannot see: runs that failed alike, all of
them, and a code that folds where few frames lie. The best run counts as confirmed where a second one agrees with it.
docs/estimators_report.md says how often it is wrong.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from identify.objective import HeldOut


class FailedRuns(NamedTuple):
    """Which runs failed, how far each lies below the best (nats a frame), and whether a second run agrees with it."""

    failed: tuple[bool, ...]
    gaps: tuple[float, ...]
    confirmed: bool


def failed_runs(held_out: Sequence[HeldOut], errors: float = 3.0, share: float = 0.1) -> FailedRuns:
    """Flag runs `errors` standard errors, and a `share` of the information, below the best of them.

    Takes what `Fitted.held_out` returns, of several seeds or several fits with one estimator. A collapsed run has
    value minus infinity and has failed always. Raises ValueError for fewer than two runs.
    """
    if len(held_out) < 2:
        raise ValueError(f"held_out has {len(held_out)} run(s); failure shows by comparison, give two seeds or more")
    if not errors >= 0:
        raise ValueError(f"errors={errors}; the number of standard errors is at least 0")
    if not 0 <= share < 1:
        raise ValueError(f"share={share}; it is a share of the information, from 0 up to but not including 1")
    values = [one.value if math.isfinite(one.value) else -math.inf for one in held_out]
    best = max(range(len(values)), key=values.__getitem__)
    top, top_error = values[best], held_out[best].standard_error
    if top == -math.inf:
        return FailedRuns((True,) * len(values), (math.inf,) * len(values), confirmed=False)
    gaps = tuple(top - value for value in values)
    failed = tuple(
        gap > share * max(top, 0.0) and (gap == math.inf or gap > errors * math.hypot(one.standard_error, top_error))
        for gap, one in zip(gaps, held_out, strict=True)
    )
    return FailedRuns(failed, gaps, confirmed=failed.count(False) > 1)
