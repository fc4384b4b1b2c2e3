"""The page: one file that needs nothing else, drawn by a template from `report.json` and the figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from markupsafe import Markup

from reports import wording
from reports.check_record import load, shipped
from reports.evaluation import check_stands
from reports.figures.illustration import Illustration
from reports.mathematics import erratum_parts, mathml, statement, with_formulas
from reports.page_templates import page_templates
from reports.progress import duration

# where each figure stands; a figure that is not named here comes last
FIGURE_ORDER = (
    "latent_grids",
    "score_by_dimension",
    "scores_and_baselines",
    "learning_curves",
    "optimum_evidence",
    "ladder_bars",
    "unmixed_sources",
    "dot_images",
)


def page(report: Mapping[str, Any], figures: Sequence[Illustration]) -> str:
    """The report as a self-contained HTML page: styles, figures and formulas inline, no request to anywhere."""
    templates = page_templates()
    templates.filters |= {
        "formulas": with_formulas,
        "formula": mathml,
        "statement": statement,
        "number": wording.number,
        "interval": wording.interval,
        "seeds": wording.seeds,
        "verdicts": wording.verdicts,
        "optimum": wording.optimum,
        "origins": wording.origins,
        "gap": wording.gap,
        "duration": duration,
        "date": _date,
        "source": wording.source,
        "erratum": erratum_parts,
    }
    templates.tests["standing"] = check_stands
    templates.globals |= {"score_name": wording.score_name, "baseline": wording.baseline}
    order = {name: place for place, name in enumerate(FIGURE_ORDER)}
    shown = sorted(figures, key=lambda figure: order.get(figure.name, len(order)))
    return templates.get_template("report.html").render(
        report=report,
        figures=[figure._replace(svg=Markup(figure.svg)) for figure in shown],
        theorems={theorem["id"]: theorem for theorem in report["theorems"]},
        cells=[row for row in report["cells"] if "kind" in row],
        checks=report["checks"],
        full=_full_run(report),
    )


def _full_run(report: Mapping[str, Any]) -> dict[str, Any] | None:
    """The record of the last full run of the derivation checks, where this installation has one."""
    if not shipped().is_file():
        return None
    record = load(shipped())
    age = record.age(datetime.fromisoformat(report["run"]["started"]))
    return {
        "rows": record.rows,
        "age": duration(max(age.total_seconds(), 0.0)),
        "created": _date(record.created.isoformat()),
        "commit": record.commit,
        "seconds": record.seconds,
    }


def _date(moment: str) -> str:
    return f"{datetime.fromisoformat(moment):%d %B %Y, %H:%M} UTC"
