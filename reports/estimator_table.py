"""Entropy estimators side by side, as Markdown: worlds x estimators, what flags say of runs, and biases."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Rows = Sequence[Mapping[str, Any]]
KEPT = ("id", "kind", "world", "method", "bad", "steps", "seeds", "scores", "law", "cases")


def kept_cells(cells: Rows) -> list[dict[str, Any]]:
    """What the tables need of a report's cells."""
    return [{key: row.get(key) for key in KEPT} for row in cells if row.get("kind") in ("estimator", "entropy bias")]


def lines(cells: Rows, claims: Rows) -> Iterator[str]:
    """All tables; nothing where the report has no such cells."""
    trained = [row for row in cells if row["kind"] == "estimator"]
    if trained:
        again = [row for row in trained if row["id"].endswith("-again")]
        first = [row for row in trained if not row["bad"] and row not in again]
        for rows, title, text in (
            (first, "## Worlds and estimators", _WORLDS),
            (again, "## Second round", _AGAIN),
            ([row for row in trained if row["bad"]], "## Settings that are meant to fail", _BAD),
        ):
            if rows:
                yield from _trained(sorted(rows, key=lambda row: row["world"]), title, text)
        yield from _reasons(claims)
    measured = [row for row in cells if row["kind"] == "entropy bias"]
    if measured:
        yield from _biases(measured)


_WORLDS = (
    "Held-out affine R² over seeds trained side by side, the same steps for every estimator. Failed: runs below .95, "
    "with the Clopper-Pearson interval of their rate. Seconds: CPU seconds a seed on one thread; to R² .99: median "
    "over seeds, at the first of eight looks that finds it, – where fewer than half get there."
)
_AGAIN = (
    "Fresh seeds for the first round's best estimator, and for matched kernels with the warm start that they "
    "turned out to need."
)
_BAD = "The same, so that there are failures to detect."


def _trained(cells: Rows, title: str, text: str) -> Iterator[str]:
    yield from ("", title, "", text, "")
    yield "| world | estimator | R², mean [95 %] | worst | failed | steps | seconds | to R² .99 |"
    yield "|---|---|---|---|---|---|---|---|"
    for row in cells:
        scores, rate, spent = (row["scores"][key] for key in ("r2_affine", "failure_rate", "cpu_seconds"))
        runs, reached = len(row["seeds"]), row["scores"]["seconds_to_good"]["estimate"]
        columns = (
            row["world"],
            row["method"],
            "{estimate:.4f} [{low:.4f}, {high:.4f}]".format(**scores),
            f"{scores['worst']:.4f}",
            f"{round(rate['estimate'] * runs)} of {runs} [{rate['low']:.3f}, {rate['high']:.3f}]",
            row["steps"],
            f"{spent['estimate']:.2f}",
            "–" if reached is None else f"{reached:.2f}",
        )
        yield "| " + " | ".join(map(str, columns)) + " |"


_COUNTED = ("estimators/first-round", "estimators/default", "estimators/detector-")


def _reasons(claims: Rows) -> Iterator[str]:
    """Counts that stand in no single cell: over all worlds, and of flags against outcomes."""
    shown = [row for row in claims if any(part in row["id"] for part in _COUNTED)]
    if shown:
        yield from ("", "## Over all worlds", "")
        for row in shown:
            yield f"- {row['statement']}: {row['reason']}."


def _biases(cells: Rows) -> Iterator[str]:
    yield from ("", "## Bias", "")
    yield (
        "Mean of estimate minus entropy in nats, in brackets the standard deviation of one estimate; n whitened "
        "samples of products of d equal marginals."
    )
    names = list(dict.fromkeys(case["estimator"] for row in cells for case in row["cases"]))
    yield from ("", "| marginals | d | n | " + " | ".join(names) + " |", "|---" * (3 + len(names)) + "|")
    for row in cells:
        found = {(case["d"], case["n"], case["estimator"]): case for case in row["cases"]}
        for d, n in dict.fromkeys((case["d"], case["n"]) for case in row["cases"]):
            values = (found[d, n, name] for name in names)
            shown = " | ".join(f"{case['bias']:+.3f} ({case['spread']:.3f})" for case in values)
            yield f"| {row['law']} | {d} | {n} | {shown} |"
