"""A small calibration of the verdict.

Null law: each verdict is wrong with probability at most .01, so wrong verdicts among v are at most binomial(v, .01).
The test rejects if the exact upper tail is below 1e-6. Smallest defect that matters at this size: one verdict in two
wrong; its miss rate is asserted to be below .05. The twin names the smallest class always and must be rejected.
"""

import pytest
from scipy import stats

from reports.calibration import is_right, run_case
from reports.calibration_record import summary

CASES = [k for k in range(99) if k // 11 % 3 == 1]
"""Each kind of map three times, n = 1,000: at 200 rows too many verdicts stay open for the test to have power."""
RATE = 1e-6


@pytest.fixture(scope="module")
def rows():
    return [run_case(k) for k in CASES]


def _allowed(verdicts):
    return int(stats.binom.isf(RATE, verdicts, 0.01))


def test_few_verdicts_are_wrong_and_the_test_has_power(rows):
    judged = [row["right"] for row in rows if row["right"] is not None]
    assert len(judged) >= 12
    assert stats.binom.cdf(_allowed(len(judged)), len(judged), 0.5) < 0.05
    assert judged.count(False) <= _allowed(len(judged))


def test_the_careless_twin_is_rejected(rows):
    # naming the smallest class of all, whatever was found
    twin = [is_right(row["kind"], "identity", row["excess"], 0.01) for row in rows]
    assert twin.count(False) > _allowed(len(twin))


def test_cases_are_reproducible_and_summed_up(rows):
    again = run_case(CASES[5])
    assert {**again, "seconds": 0} == {**rows[5], "seconds": 0}
    record = summary(rows)
    assert record["cases"] == len(rows)
    assert sum(cell["cases"] for cell in record["cells"]) == len(rows)


@pytest.mark.parametrize(
    ("found", "excess", "right"),
    [
        (None, {}, None),
        ("affine", {"affine": 0.0, "similarity": 0.05}, True),
        ("affine", {"affine": 0.0, "similarity": 0.005}, False),
        ("affine", {"affine": 0.015, "similarity": 0.05}, True),
        ("similarity", {"affine": 0.0, "similarity": 0.05}, False),
        ("none", {}, False),
    ],
)
def test_truth_follows_the_margin(found, excess, right):
    assert is_right("affine", found, excess, 0.01) is right
