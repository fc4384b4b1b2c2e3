"""The figures of `identify measure --out`: matched correlations, ladder, scatter of factors, residual maps.

Everything shown is held out; matching and maps come from the train rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float
from matplotlib.figure import Figure

from reports.figures.illustration import Drawing
from reports.figures.style import FAINT, FULL_WIDTH, HOLDS, INK, PALETTE, panels

if TYPE_CHECKING:
    from identify import Measurement

FACTORS = 5
"""Factors shown in scatter and residual figures; the worst ones are taken."""
POINTS = 1_500
MATRIX = 60
_FLOOR = 1e-6


def matched_correlation(true: Float[np.ndarray, "n d"], code: Float[np.ndarray, "n m"], one: Measurement) -> Drawing:
    """Correlation matrix with codes reordered so that matched pairs stand on the diagonal."""
    from identify.metrics.matching import cross_correlation, match

    split = one.split
    found = match(cross_correlation(true[split.train], code[split.train]))
    rest = np.setdiff1d(np.arange(code.shape[1]), found.codes)
    order = np.concatenate([found.codes, rest])[:MATRIX]
    rows = np.concatenate([found.factors, np.setdiff1d(np.arange(true.shape[1]), found.factors)])[:MATRIX]
    matrix = cross_correlation(true[split.held_out], code[split.held_out])[np.ix_(rows, order)]
    figure = Figure(figsize=(FULL_WIDTH / 2, FULL_WIDTH / 2.4))
    panel = figure.add_subplot()
    image = panel.imshow(matrix, vmin=-1, vmax=1, cmap="RdBu_r", interpolation="nearest")
    figure.colorbar(image, ax=panel, label="correlation", shrink=0.8)
    panel.set(xlabel="recovered, matched order", ylabel="true")
    if len(order) <= 20:
        panel.set_xticks(range(len(order)), [str(k) for k in order])
    if len(rows) <= 20:
        panel.set_yticks(range(len(rows)), [str(k) for k in rows])
    shown = f" The first {MATRIX} are shown." if max(code.shape[1], true.shape[1]) > MATRIX else ""
    caption = f"Pearson correlations on {len(split.held_out)} held-out rows, codes in matched order.{shown}"
    return Drawing(figure, "Matched correlations", caption)


def ladder(found: Mapping[str, Measurement]) -> Drawing:
    """Loss of each class with its interval, one panel a recovered file."""
    figure, axes = panels(len(found), 3, 1.9)
    for panel, (source, one) in zip(axes, found.items(), strict=True):
        entries = [entry for entry in one.ladder if entry.loss is not None][::-1]
        for row, entry in enumerate(entries):
            low, middle, high = (max(v, _FLOOR) for v in (entry.loss.low, entry.loss.estimate, entry.loss.high))
            panel.barh(row, middle, color=HOLDS[entry.holds], height=0.62, alpha=0.85)
            panel.plot([low, high], [row, row], color=INK, lw=0.9)
        panel.axvline(one.margin, color=FAINT, lw=0.6, ls=":")
        panel.set(xscale="log", yticks=range(len(entries)), xlabel="loss, worst direction")
        panel.set_xlim(left=_FLOOR)
        panel.set_yticklabels([entry.name.replace("_", " ") for entry in entries])
        panel.set_title(f"{_short(source)}: {one.verdict.found or 'inconclusive'}")
    caption = (
        "Share of the code's variance that each class leaves unexplained in the worst direction, with 95 % intervals; "
        "dotted: the margin, which bounds the excess over the best class. Green holds, orange fails, grey undecided."
    )
    return Drawing(figure, "The ladder", caption)


def scatter(true: Float[np.ndarray, "n d"], code: Float[np.ndarray, "n m"], one: Measurement) -> Drawing:
    """True factors against the matched code, and against their affine reconstruction."""
    from identify.metrics.affine import affine_fit
    from identify.metrics.matching import cross_correlation, match

    split = one.split
    found = match(cross_correlation(true[split.train], code[split.train]))
    slope, offset = affine_fit(code[split.train], true[split.train])
    held = split.held_out[:POINTS]
    read = code[held] @ slope + offset
    chosen = _worst_factors(true[held], read)
    figure, axes = panels(2 * len(chosen), len(chosen), 1.35)
    partner = dict(zip(found.factors.tolist(), found.codes.tolist(), strict=True))
    for k, factor in enumerate(chosen):
        top, bottom = axes[k], axes[len(chosen) + k]
        if factor in partner:
            top.scatter(
                true[held, factor], code[held, partner[factor]], s=1, color=PALETTE[0], alpha=0.4, lw=0, rasterized=True
            )
            top.set_title(f"code {partner[factor]}")
        bottom.scatter(true[held, factor], read[:, factor], s=1, color=PALETTE[2], alpha=0.4, lw=0, rasterized=True)
        bottom.set_xlabel(f"true {factor}")
    axes[0].set_ylabel("matched code")
    axes[len(chosen)].set_ylabel("affine read-out")
    return Drawing(
        figure,
        "Factors against codes",
        f"{len(held)} held-out rows; the {len(chosen)} factors with the lowest affine R2. Top: the matched code. "
        "Bottom: the factor read out affinely from the whole code.",
    )


def residual_map(true: Float[np.ndarray, "n d"], code: Float[np.ndarray, "n m"], one: Measurement) -> Drawing:
    """What the affine map leaves of the code in its worst directions, over the two factors it depends on most."""
    from identify.ladder.kernel_ridge import whitener
    from identify.metrics.affine import affine_fit

    split = one.split
    slope, offset = affine_fit(true[split.train], code[split.train])
    white = whitener(code[split.train])[1]
    held = split.held_out[:POINTS]
    rest = (code[held] - true[held] @ slope - offset) @ white
    vectors = np.linalg.eigh(rest.T @ rest)[1][:, ::-1][:, : min(3, code.shape[1])]
    first, second = _telling_factors(true[held], rest @ vectors[:, 0])
    figure, axes = panels(vectors.shape[1], 3, 2.0)
    for k, panel in enumerate(axes):
        values = rest @ vectors[:, k]
        bound = float(np.quantile(np.abs(values), 0.98)) or 1.0
        points = panel.scatter(
            true[held, first],
            true[held, second],
            c=values,
            s=3,
            lw=0,
            cmap="RdBu_r",
            vmin=-bound,
            vmax=bound,
            rasterized=True,
        )
        figure.colorbar(points, ax=panel, shrink=0.8)
        panel.set(xlabel=f"true {first}", title=f"direction {k + 1}: unexplained {np.mean(values**2):.2g}")
    axes[0].set_ylabel(f"true {second}")
    return Drawing(
        figure,
        "Residual maps",
        f"What the affine map leaves of the whitened code on {len(held)} held-out rows, in its worst directions, over "
        "the two true factors it depends on most. A pattern is a bend; speckle is noise.",
    )


def _worst_factors(true: np.ndarray, read: np.ndarray) -> list[int]:
    unexplained = np.mean((true - read) ** 2, axis=0) / true.var(axis=0)
    return np.argsort(-unexplained)[:FACTORS].tolist()


def _telling_factors(true: np.ndarray, values: np.ndarray) -> tuple[int, int]:
    """The two factors whose low-order polynomials correlate most with the values."""
    w = (true - true.mean(axis=0)) / true.std(axis=0)
    size = sum(np.abs((f - f.mean(axis=0)).T @ values) / f.std(axis=0) for f in (w, w**2, w**3))
    order = np.argsort(-size)
    return int(order[0]), int(order[1] if len(order) > 1 else order[0])


def _short(source: str) -> str:
    return source if len(source) <= 28 else "..." + source[-25:]
