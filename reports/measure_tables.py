"""What `identify measure` prints: scores with intervals and chance, the ladder, the verdict."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.table import Table

if TYPE_CHECKING:
    from identify import Measurement

MARKS = {True: "[green]holds[/]", False: "[red]fails[/]", None: "-"}


def print_measurement(source: str, one: Measurement) -> None:
    """Print one measurement."""
    console = Console()
    split = one.split
    console.print(
        f"[bold]{escape(source)}[/]: n = {one.n}, d = {one.d}, m = {one.m}; split by {split.kind}: "
        f"{len(split.train)} train, {len(split.held_out)} held-out rows"
    )
    if one.scores:
        console.print(_score_table(one))
    console.print(_ladder_table(one))
    for finding in one.findings:
        console.print(f"[yellow]finding[/]: {escape(finding)}")
    verdict = one.verdict
    found = verdict.found or "INCONCLUSIVE"
    console.print(f"[bold]verdict: {found}[/] ({verdict.outcome}); {escape(verdict.reason)}")
    if verdict.also:
        console.print(f"also holds, not comparable: {', '.join(verdict.also)}")
    console.print()


def _score_table(one: Measurement) -> Table:
    table = Table("score", "held-out", "95 % interval", "chance")
    for name, score in one.scores.items():
        table.add_row(name, f"{score.estimate:.4f}", f"{score.low:.4f} to {score.high:.4f}", f"{score.chance:.3f}")
    return table


def _ladder_table(one: Measurement) -> Table:
    table = Table("class", "loss", "95 % interval", "", caption="loss: unexplained share in the worst direction")
    for column in table.columns:
        column.no_wrap = True
    for entry in one.ladder:
        loss = entry.loss
        table.add_row(
            entry.name,
            "-" if loss is None else f"{loss.estimate:.3g}",
            "-" if loss is None else f"{loss.low:.3g} to {loss.high:.3g}",
            MARKS[entry.holds],
        )
    return table


COMPARED = ("r2_affine", "r2_nonlinear", "mcc_pearson", "cca_mean")


def print_comparison(found: Mapping[str, Measurement]) -> None:
    """Print one row a file."""
    names = [name for name in COMPARED if all(name in one.scores for one in found.values())]
    table = Table("recovered", title="comparison")
    table.add_column("verdict", no_wrap=True)
    for name in names:
        table.add_column(name.removesuffix("_pearson"), no_wrap=True)
    for source, one in found.items():
        shown = (f"{one.scores[name].estimate:.4f}" for name in names)
        table.add_row(escape(source), one.verdict.found or "INCONCLUSIVE", *shown)
    Console().print(table)
