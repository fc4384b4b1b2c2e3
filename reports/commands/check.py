"""`identify check`: run derivation checks and their twins, each under a time limit."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.table import Table

    from proofs_checks import Check, Outcome

_COLOURS = {"holds": "green", "fails": "red", "error": "red", "timeout": "yellow"}


def run(
    ids: Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="Ids or aliases; default: all.")] = None,
    theme: Annotated[list[str] | None, typer.Option(help="Only this theme; may be repeated.")] = None,
    errata: Annotated[bool, typer.Option("--errata", help="Only checks with an erratum; print the errata.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON list instead of tables.")] = False,
    jobs: Annotated[int | None, typer.Option(metavar="N", help="Worker processes; default: one per core.")] = None,
    timeout: Annotated[float, typer.Option(metavar="S", help="Time limit per check in seconds.")] = 30.0,
    list_only: Annotated[bool, typer.Option("--list", help="List the checks; run nothing.")] = False,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Save the record of a run over all checks.")] = None,
    mutants: Annotated[
        int | None, typer.Option(metavar="N", help="Instead, corrupt each statement in N ways; count what is caught.")
    ] = None,
    seed: Annotated[int, typer.Option(metavar="S", help="Which corruptions --mutants draws.")] = 0,
) -> None:
    """Prove the statements, reject their corrupted twins, and show the witnesses against printed errors.

    Exit code 0 if every statement holds and every twin is rejected, 1 if not (a check that runs out of time does not
    hold), 2 for bad input. With --mutants: 0 if the proofs reject at least 95 % of the corrupted statements, 1 if not.
    """
    chosen = _select(ids or [], theme or [], errata)
    if out is not None and (ids or theme or errata or list_only):
        raise ValueError("--out saves the record of a run over all checks: leave out ids, --theme, --errata and --list")
    if out is not None and not out.resolve().parent.is_dir():
        raise ValueError(f"--out {out}: its folder does not exist: make it first")
    if list_only:
        _print_list(chosen, as_json)
        return
    if mutants is not None:
        _try_mutants(chosen, mutants, seed, jobs, timeout, as_json, out)
        return
    start = time.perf_counter()
    outcomes = _run_all(chosen, jobs, timeout, show=not as_json)
    seconds = time.perf_counter() - start
    if as_json:
        from reports.check_record import row

        _print_json([row(check, outcomes[check.id]) for check in chosen])
    else:
        _print_findings(chosen, outcomes, errata, seconds)
    if out is not None:
        from reports.check_record import save

        save(out, chosen, list(outcomes.values()), seconds)
    if not all(outcome.stands for outcome in outcomes.values()):
        raise typer.Exit(1)


def _select(ids: Sequence[str], themes: Sequence[str], errata: bool) -> tuple[Check, ...]:
    """The checks named by id or alias, of the themes named, in the order of the catalogue."""
    import proofs_checks

    checks = proofs_checks.all_checks()
    named = {proofs_checks.find(name, checks).id for name in ids}
    known = sorted({check.theme for check in checks})
    for theme in themes:
        if theme not in known:
            raise ValueError(f"no theme is called {theme!r}: the themes are {', '.join(known)}")
    chosen = tuple(
        check
        for check in checks
        if (not ids or check.id in named)
        and (not themes or check.theme in themes)
        and (not errata or check.erratum is not None)
    )
    if not chosen:
        raise ValueError("no check fits the selection: `identify check --list` shows ids, themes and errata")
    return chosen


def _run_all(chosen: tuple[Check, ...], jobs: int | None, timeout: float, show: bool) -> dict[str, Outcome]:
    from proofs_checks import run as run_checks

    outcomes: dict[str, Outcome] = {}
    if not show:
        return {outcome.id: outcome for outcome in run_checks(chosen, jobs, timeout)}
    from rich.console import Console
    from rich.live import Live

    console, running = Console(), list["Check"]()

    def recent() -> Table:
        """What runs and what finished last, no taller than the terminal."""
        finished = [check for check in chosen if check.id in outcomes]
        current = [check for check in running if check.id not in outcomes]
        room = max(1, console.height - 6 - len(current))
        return _table([*finished[-room:], *current], outcomes, len(chosen))

    def mark(check: Check) -> None:
        running.append(check)
        live.update(recent())

    with Live(recent(), console=console, transient=True) as live:
        for outcome in run_checks(chosen, jobs, timeout, mark):
            outcomes[outcome.id] = outcome
            live.update(recent())
    console.print(_table(chosen, outcomes, len(chosen)))
    return outcomes


def _try_mutants(
    chosen: Sequence[Check],
    per_check: int,
    seed: int,
    jobs: int | None,
    timeout: float,
    as_json: bool,
    out: Path | None,
) -> None:
    from rich.console import Console

    from proofs_checks import mutants, try_mutants
    from reports.mutation_record import LEAST_SHARE, save, summary

    start = time.perf_counter()
    console = Console(highlight=False, markup=False, soft_wrap=True)
    drawn, outcomes = mutants(chosen, per_check, seed), []
    if not drawn:
        raise ValueError("the selection holds no formula that could be corrupted: choose other checks")
    with console.status("") as status:
        for outcome in try_mutants(drawn, jobs, timeout):
            outcomes.append(outcome)
            if not as_json:
                status.update(f"{len(outcomes)} of {len(drawn)} corrupted statements tried")
    seconds = time.perf_counter() - start
    found = summary(chosen, outcomes)
    if as_json:
        print(json.dumps(found, indent=1, ensure_ascii=False))
    else:
        for one in found["survivors"]:
            console.print(
                f"\n{one['check']}, {one['place']}: {one['kind']} not caught: {one['before']} -> {one['after']}"
            )
            console.print(f"  {one['finding']}; {one['reason'] or 'no reason known'}")
        share = f"{found['caught']} of {found['total']} corrupted statements are caught ({found['share']:.1%})"
        console.print(f"{share}, in {seconds:.1f} s")
    if out is not None:
        save(out, chosen, outcomes, per_check, seed, seconds)
    if found["share"] < LEAST_SHARE:
        raise typer.Exit(1)


def _table(rows: Sequence[Check], outcomes: dict[str, Outcome], total: int) -> Table:
    from rich.table import Table

    table = Table(title=f"Derivation checks, {len(outcomes)} of {total} finished", title_justify="left")
    for heading in ("check", "theme", "kinds", "status", "twins rejected"):
        table.add_column(heading, no_wrap=True)
    table.add_column("seconds", justify="right", no_wrap=True)
    for check in rows:
        cells = (check.id, check.theme, "".join(check.kinds))
        outcome = outcomes.get(check.id)
        if outcome is None:
            table.add_row(*cells, "[dim]running[/]", "", "")
            continue
        rejected = sum(twin.rejected for twin in outcome.twins)
        colour = "green" if outcome.twin_rejected else "red"
        table.add_row(
            *cells,
            f"[{_COLOURS[outcome.status]}]{outcome.status}[/]",
            f"[{colour}]{rejected} of {len(check.twins)}[/]",
            f"{outcome.seconds:.1f}",
        )
    return table


def _print_findings(chosen: Sequence[Check], outcomes: dict[str, Outcome], errata: bool, seconds: float) -> None:
    from rich.console import Console

    console = Console(highlight=False, markup=False, soft_wrap=True)
    for check in chosen:
        outcome = outcomes[check.id]
        if outcome.message:
            console.print(f"\n{check.id} {outcome.status}: {outcome.message.rstrip()}")
        for twin in outcome.twins:
            if not twin.rejected:
                console.print(f"\n{check.id}: twin not rejected ({twin.corruption}): {twin.reason}")
        if errata and check.erratum is not None:
            console.print(f"\n{check.id} ({check.source})")
            console.print(f"  printed      {check.erratum.printed}\n  correct      {check.erratum.correct}")
            console.print(
                f"  witness      {outcome.witness or 'not computed'}\n  consequence  {check.erratum.consequence}"
            )
    standing = sum(outcome.stands for outcome in outcomes.values())
    console.print(f"{standing} of {len(chosen)} checks hold with every twin rejected, in {seconds:.1f} s")


def _print_list(chosen: Sequence[Check], as_json: bool) -> None:
    if as_json:
        fields = ("id", "theme", "statement", "proved", "not_proved")
        tuples = ("aliases", "kinds", "assumptions")
        _print_json(
            [
                {name: getattr(check, name) for name in fields}
                | {name: list(getattr(check, name)) for name in tuples}
                | {"source": str(check.source), "twins": [twin.corruption for twin in check.twins]}
                for check in chosen
            ]
        )
        return
    from rich.console import Console
    from rich.table import Table

    table = Table()
    for heading in ("check", "theme", "kinds", "twins", "erratum"):
        table.add_column(heading, no_wrap=True)
    table.add_column("also")
    for check in chosen:
        erratum = "yes" if check.erratum else ""
        cells = (check.id, check.theme, "".join(check.kinds), str(len(check.twins)), erratum)
        table.add_row(*cells, ", ".join(check.aliases))
    Console().print(table)


def _print_json(rows: list[dict[str, Any]]) -> None:
    print(json.dumps(rows, indent=1, ensure_ascii=False))
