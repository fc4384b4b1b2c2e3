"""Numbers and verdicts in words, the same on the page, in LaTeX tables and in the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

NOTHING = "–"
SCORES = {
    "r2_affine": "affine $R^2$",
    "r2_affine_reverse": "reverse affine $R^2$",
    "r2_nonlinear": "nonlinear $R^2$",
    "mcc_pearson": "MCC (Pearson)",
    "mcc_spearman": "MCC (Spearman)",
    "cca_mean": "CCA",
    "correlation": "correlation",
}


def number(value: float | int | None, digits: int = 4) -> str:
    """A number with fixed digits, a real minus sign, a dash for nothing."""
    return NOTHING if value is None else f"{value:.{digits}f}".replace("-", "−")


def interval(score: Mapping[str, Any] | None, digits: int = 4) -> str:
    """`[low, high]`, empty where there is none."""
    if not score or score.get("low") is None or score.get("high") is None:
        return ""
    return f"[{number(score['low'], digits)}, {number(score['high'], digits)}]"


def score_name(score: str) -> str:
    """The score's name with its formula between dollar signs."""
    return SCORES.get(score, score.replace("_", " "))


def seeds(numbers: Sequence[int]) -> str:
    """`5 (0–4)` for consecutive seeds, else the list."""
    if not numbers:
        return NOTHING
    if len(numbers) > 1 and list(numbers) == list(range(numbers[0], numbers[0] + len(numbers))):
        return f"{len(numbers)} ({numbers[0]}–{numbers[-1]})"
    return f"{len(numbers)} ({', '.join(map(str, numbers))})"


def verdicts(counts: Mapping[str, int]) -> str:
    """`affine` where all seeds agree, else `affine 4, nonlinear 1`."""
    if len(counts) == 1:
        return next(iter(counts)).replace("_", " ")
    ordered = sorted(counts.items(), key=lambda entry: -entry[1])
    return ", ".join(f"{name.replace('_', ' ')} {count}" for name, count in ordered) or NOTHING


def optimum(evidence: Mapping[str, Any] | None) -> str:
    """`+0.0012 ± 0.0020, reached 5/5`: mean of objective minus oracle, and how many runs count (unbroken spaces)."""
    if not evidence:
        return NOTHING
    gap, spread = evidence["difference"], evidence["standard_error"]
    value = "" if gap is None else f"{gap:+.4f}".replace("-", "−")
    value += "" if gap is None or spread is None else f"\u00a0±\u00a0{number(spread)}"
    return f"{value}{', ' if value else ''}reached\u00a0{evidence['reached']}/{evidence['runs']}"


def origins(entries: Sequence[Mapping[str, Any]]) -> list[str]:
    """`random start: affine 2/3, nonlinear 1/3 (optimum 3/3)`: one line for each way in which codes were made."""
    return [
        f"{entry['by']}: {_shares(entry['verdicts'], entry['seeds'])}"
        + ("" if entry["reached"] is None else f" (optimum\u00a0{entry['reached']}/{entry['seeds']})")
        for entry in entries
    ]


def _shares(counts: Mapping[str, int], seeds: int) -> str:
    ordered = sorted(counts.items(), key=lambda entry: -entry[1])
    return ", ".join(f"{name.replace('_', ' ')}\u00a0{count}/{seeds}" for name, count in ordered) or NOTHING


def gap(value: Mapping[str, Any] | None) -> str:
    """`−0.35 ± 0.01`, two digits of it; `0 (exact)` where it vanishes at every draw; correlations are named."""
    if not value:
        return NOTHING
    unit = "" if value["unit"] == "nats" else f"\u00a0({value['unit']})"
    if abs(value["value"]) < 1e-8 and value["standard_error"] < 1e-8:
        return f"0\u00a0(exact){unit}"
    shown = f"{value['value']:+.3f}".replace("-", "−")
    return f"{shown}\u00a0±\u00a0{number(value['standard_error'], 3)}{unit}"


def baseline(baselines: Mapping[str, Any], name: str) -> str:
    """The estimate of one baseline with two digits."""
    found = baselines.get(name)
    return NOTHING if not found else number(found["estimate"], 2)


CITATIONS = {
    "mikulasch2026ldm": "LDM",
}


def source(text: str) -> str:
    """A source with its bibliography key replaced by the short name used on the page."""
    key, separator, place = text.partition(", ")
    return f"{CITATIONS[key]} {place}" if separator and key in CITATIONS else text
