"""The kinds of figures that `identify plot` draws, in words: what each shows and which arrays it can be drawn from.

Nothing heavy is imported here, so that `identify plot --help` answers at once; `reports.plots.kinds` has the drawing.
"""

from __future__ import annotations

from typing import NamedTuple


class KindName(NamedTuple):
    """What a kind shows, and its arrays with their shapes (a question mark: may be left out)."""

    shows: str
    arrays: str = ""


KIND_NAMES = {
    "grid": KindName(
        "a lattice of latents before and after training, in its true colours", "true [q 2], after [q 2], before? [q 2]"
    ),
    "score": KindName(
        "a score against dimension, sample size, noise or strength (--x), with intervals",
        "x [k], score [s k] or [c s k]; or score [k], low [k], high [k]",
    ),
    "ladder": KindName("loss of every class of maps", "a file of `identify measure --json`"),
    "correlations": KindName(
        "correlations of true and recovered latents, matched", "matrix [d m]; or true [n d], recovered [n m]"
    ),
    "jacobian": KindName("constancy of the Jacobian of h over the latents", "z [n d], jacobian [n m d]"),
    "falsification": KindName("every assumption removed in turn: predicted, found, scores, gaps"),
    "learning": KindName("the objective while training", "step [k], objective [s k], oracle? []"),
    "cosines": KindName("cosine of two gradients while training", "step [k], cosine [s k]"),
    "trajectory": KindName(
        "filtered latents with their uncertainty band", "mean [t d], std [t d] or covariance [t d d], true? [t d]"
    ),
    "calibration": KindName(
        "coverage of regions against their level", "nominal [k], covered [k] or [s k], count? [] (rows behind a rate)"
    ),
    "eigenspectra": KindName("eigenvalues of the code's covariance", "values [m] or [s m]"),
    "optimum": KindName("held-out objective beside that of the true latents"),
    "baselines": KindName("scores seed by seed beside what comes for free"),
    "geometry": KindName("Jacobian, sign of the determinant, distance to orthogonal, folds"),
    "shapes": KindName("recovery against the shape of the latents' law"),
    "sources": KindName("sources, mixtures and what linear ICA unmixed"),
    "paths": KindName("linear ICA under right and wrong priors, step by step"),
    "images": KindName("a few observations of image worlds"),
    "digits": KindName("categorical LDM on handwritten digits"),
    "table": KindName("a LaTeX table (booktabs) of the report: --what claims, cells, falsification or checks"),
}


def check_kind(kind: str) -> str:
    """The kind; raises ValueError with all kinds where there is none of that name."""
    if kind not in KIND_NAMES:
        raise ValueError(f"unknown kind {kind!r}: this version draws {', '.join(KIND_NAMES)}")
    return kind
