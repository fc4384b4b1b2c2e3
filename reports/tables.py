"""LaTeX tables (booktabs) of the report: claims, falsification, cells, derivation checks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from reports import wording
from reports.mathematics import is_formula, tex

INTERVALS = "Intervals: 95\\,\\% over seeds."


def tables(report: Mapping[str, Any]) -> dict[str, str]:
    """Table name to LaTeX source; each stands alone in a `table*` float and needs `booktabs`."""
    made = {
        "claims": _claims(report["claims"]),
        "cells": _cells([row for row in report["cells"] if "kind" in row]),
    }
    if report["falsification"]:
        made["falsification"] = _falsification(report["falsification"])
    if report["checks"]:
        made["checks"] = _checks(report["checks"])
    return made


def _claims(rows: Sequence[Mapping[str, Any]]) -> str:
    header = ("claim", "published", "ours", "interval", "untrained", "linear", "PCA", "seeds", "outcome")
    body = [
        (
            tex(row["statement"]),
            tex(row["published"]) or "--",
            wording.number(row["measured"] and row["measured"]["estimate"]),
            wording.interval(row["measured"]),
            *(wording.baseline(row["baselines"], name) for name in ("untrained", "linear_from_x", "pca")),
            str(len(row["seeds"])),
            row["outcome"].lower(),
        )
        for row in rows
    ]
    caption = f"Claims and what was found. Scores are on held-out data. {INTERVALS} Baselines: affine $R^2$."
    return _table("claims", "p{0.34\\linewidth}lrlrrrrl", header, body, caption)


def _falsification(rows: Sequence[Mapping[str, Any]]) -> str:
    header = (
        "assumption removed",
        "automorphism",
        "predicted",
        "found",
        "seeds",
        "affine $R^2$",
        "nonlinear $R^2$",
        "gap of the witness",
        "in the twin",
    )
    body = [
        (
            tex(row["assumption"]),
            _formula(row["automorphism"]),
            tex(row["predicted"]),
            "; ".join(tex(line) for line in wording.origins(row["found_by"])) or "--",
            str(len(row["seeds"])),
            *(_with_interval(row[name]) for name in ("r2_affine", "r2_nonlinear")),
            *(tex(wording.gap(row["gaps"] and row["gaps"][name])) for name in ("gap", "twin_gap")),
        )
        for row in rows
    ]
    caption = (
        "Falsification: every assumption removed in turn, the verdict predicted beside the verdict found. Gaps in "
        f"nats, or sums of correlations where named, with standard errors; 0 is the optimum. {INTERVALS}"
    )
    widths = (0.14, 0.15, 0.1, 0.2)
    columns = "".join(f"p{{{width}\\linewidth}}" for width in widths)
    return _table("falsification", f"{columns}rllll", header, body, caption)


def _with_interval(score: Mapping[str, Any] | None) -> str:
    return wording.NOTHING if score is None else f"{wording.number(score['estimate'])} {wording.interval(score)}"


def _cells(rows: Sequence[Mapping[str, Any]]) -> str:
    header = ("cell", "score", "interval", "worst", "verdict", "objective $-$ oracle", "steps", "seconds")
    body = []
    for row in rows:
        name = "r2_affine" if "r2_affine" in row["scores"] else next(iter(row["scores"]), "")
        score = row["scores"].get(name)
        estimates = [wording.number(score and score.get(key)) for key in ("estimate", "worst")]
        ending = (str(row["steps"] or "--"), wording.number(row["seconds"], 1))
        evidence = (tex(wording.verdicts(row["verdicts"])), wording.optimum(row["optimum"]))
        body.append((tex(row["id"]), estimates[0], wording.interval(score), estimates[1], *evidence, *ending))
    caption = f"Every cell: affine $R^2$ (ICA: matched correlation) over seeds, with the worst seed. {INTERVALS}"
    return _table("cells", "lrlrllrr", header, body, caption)


def _checks(rows: Sequence[Mapping[str, Any]]) -> str:
    header = ("check", "statement", "source", "status", "twins rejected")
    body = [
        (tex(r["id"]), _formula(r["statement"]), tex(r["source"]), r["status"], "yes" if r["twin_rejected"] else "no")
        for r in rows
    ]
    return _table("checks", "lp{0.5\\linewidth}lll", header, body, "Derivation checks, each with corrupted twins.")


def _formula(latex: str) -> str:
    return f"${latex}$" if is_formula(latex) else tex(latex)


def _table(name: str, columns: str, header: Sequence[str], body: Sequence[Sequence[str]], caption: str) -> str:
    rows = [" & ".join(cells) + r" \\" for cells in body]
    lines = [
        "% needs \\usepackage{booktabs}",
        r"\begin{table*}",
        r"\centering\small",
        rf"\caption{{{caption}}}",
        rf"\label{{tab:{name}}}",
        rf"\begin{{tabular}}{{@{{}}{columns}@{{}}}}",
        r"\toprule",
        " & ".join(header) + r" \\",
        r"\midrule",
        *rows,
        r"\bottomrule",
        r"\end{tabular}",
        r"\end{table*}",
    ]
    text = "\n".join(lines) + "\n"
    for sign, latex in (("−", "$-$"), ("–", "--"), ("±", r"$\pm$"), ("\u00a0", "~")):
        text = text.replace(sign, latex)
    return text
