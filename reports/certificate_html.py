"""The page of `identify certify --out`: one self-contained file with the sentence, the rows and figures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from markupsafe import Markup
from matplotlib.figure import Figure

from reports.atomic_file import write_atomically
from reports.figures.illustration import Drawing, illustrate
from reports.figures.style import FAINT, FULL_WIDTH, PALETTE, journal_style, panels
from reports.page_templates import page_templates
from reports.plain_json import plain

if TYPE_CHECKING:
    from identify.certificate import Certificate

STEPS_SHOWN = 60
POINTS = 1_500


def write_certificate_page(out: Path, name: str, found: Certificate) -> Path:
    """Write `certify.html`, `certify.json` and `figures/` into `out` and return the page's path."""
    (out / "figures").mkdir(parents=True, exist_ok=True)
    with journal_style():
        drawn = [
            illustrate(key, drawing, out / "figures")
            for key, drawing in (
                ("starts", starts(found)),
                ("codes", codes(found)),
                ("trajectories", trajectories(found)),
            )
        ]
    figures = [one._replace(svg=Markup(one.svg)) for one in drawn]
    data = plain(found.to_json())
    text = page_templates().get_template("certify.html").render(name=name, found=data, figures=figures)
    write_atomically(out / "certify.json", json.dumps(data, indent=2).encode())
    page = out / "certify.html"
    write_atomically(page, text.encode())
    return page


def starts(found: Certificate) -> Drawing:
    """Training objectives of all starts."""
    figure = Figure(figsize=(FULL_WIDTH / 1.6, 2.2))
    panel = figure.add_subplot()
    history = found.fitted.history
    for index, seed in enumerate(found.seeds):
        total = (history.alignment[index] + history.entropy[index]).numpy()
        colour = PALETTE[index % len(PALETTE)]
        panel.plot(history.step.numpy(), total, color=colour, lw=0.9, label=f"seed {seed}")
    panel.set(xlabel="step", ylabel="objective, nats a frame")
    panel.legend()
    held = ", ".join(f"{one.value:.3f} ± {one.standard_error:.3f}" for one in found.objectives)
    return Drawing(figure, "Starts", f"Training objective of each start; held out (standard error): {held}.")


def codes(found: Certificate) -> Drawing:
    """Each coordinate of the best code against the next start's best affine image of it."""
    from identify.metrics.affine import affine_fit

    best = found.codes[found.best].reshape(-1, found.dim)
    others = sorted((i for i in range(len(found.seeds)) if i != found.best), key=lambda i: -found.objectives[i].value)
    other = found.codes[others[0]].reshape(-1, found.dim)
    slope, offset = affine_fit(other, best)
    shown = np.linspace(0, len(best) - 1, min(POINTS, len(best))).astype(int)
    figure, axes = panels(min(found.dim, 6), 3, 1.9)
    for k, panel in enumerate(axes):
        panel.scatter((other @ slope + offset)[shown, k], best[shown, k], s=2, color=PALETTE[0], linewidths=0)
        panel.axline((best[:, k].mean(), best[:, k].mean()), slope=1, color=FAINT, lw=0.6)
        panel.set(title=f"coordinate {k + 1}", xlabel=f"from seed {found.seeds[others[0]]}", ylabel="best start")
    caption = "Held-out frames: the best code against the best affine map to it from another start's code."
    return Drawing(figure, "Codes of two starts", caption)


def trajectories(found: Certificate) -> Drawing:
    """The best code along one held-out piece after another."""
    series = found.codes[found.best].reshape(-1, found.dim)[:STEPS_SHOWN]
    figure, axes = panels(min(found.dim, 6), 3, 1.6)
    for k, panel in enumerate(axes):
        panel.plot(series[:, k], color=PALETTE[0], lw=0.9)
        panel.set(title=f"coordinate {k + 1}", xlabel="step", ylabel="code")
    caption = (
        f"The first {len(series)} held-out steps of the best code; pieces of {found.codes.shape[2]} steps follow on."
    )
    return Drawing(figure, "Code over time", caption)
