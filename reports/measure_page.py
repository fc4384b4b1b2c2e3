"""The page of `identify measure --out`: one self-contained file with scores, ladder, verdict and figures."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from markupsafe import Markup

from reports import measure_figures
from reports.atomic_file import write_atomically
from reports.figures.illustration import Illustration, illustrate
from reports.figures.style import journal_style
from reports.page_templates import page_templates
from reports.plain_json import plain

if TYPE_CHECKING:
    from identify import Measurement


def write_measure_page(
    out: Path, true_name: str, true: np.ndarray, codes: Mapping[str, np.ndarray], found: Mapping[str, Measurement]
) -> Path:
    """Write `measure.html`, `measure.json` and `figures/` into `out` and return the page's path."""
    from identify import CLASSES

    (out / "figures").mkdir(parents=True, exist_ok=True)
    z = _rows(true)
    with journal_style():
        shared = illustrate("ladder", measure_figures.ladder(found), out / "figures")
        drawn = {
            source: _figures(index, z, _rows(codes[source]), one, out / "figures")
            for index, (source, one) in enumerate(found.items())
        }
    data = {source: plain(one.to_json()) for source, one in found.items()}
    text = (
        page_templates()
        .get_template("measure.html")
        .render(true=true_name, found=data, ladder=_inline(shared), figures=drawn, classes=CLASSES)
    )
    content = data if len(data) > 1 else next(iter(data.values()))
    write_atomically(out / "measure.json", json.dumps(content, indent=2).encode())
    page = out / "measure.html"
    write_atomically(page, text.encode())
    return page


def _rows(values: np.ndarray) -> np.ndarray:
    return np.asarray(values, dtype=np.float64).reshape(-1, values.shape[-1])


def _figures(index: int, z: np.ndarray, code: np.ndarray, one: Measurement, folder: Path) -> list[Illustration]:
    drawings = {
        "correlations": measure_figures.matched_correlation(z, code, one),
        "scatter": measure_figures.scatter(z, code, one),
        "residuals": measure_figures.residual_map(z, code, one),
    }
    return [_inline(illustrate(f"{name}-{index + 1}", drawing, folder)) for name, drawing in drawings.items()]


def _inline(figure: Illustration) -> Illustration:
    return figure._replace(svg=Markup(figure.svg))
