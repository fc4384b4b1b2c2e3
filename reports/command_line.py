"""The program `identify`: one module per command, imported by name so that `identify --help` never loads torch.

Exit codes: 0 what was asked holds, 1 it does not hold, 2 bad input (one line on stderr says what and how to mend it).
"""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from identify.version import __version__
from reports.commands import calibrate, certify, check, measure, plot, report, sample, worlds

app = typer.Typer(
    name="identify",
    help="Test claims that a representation recovers the true latents, and name the class of maps up to which it does.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"identify {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    pass


app.command("report")(report.run)
app.command("check")(check.run)
app.command("measure")(measure.run)
app.command("certify")(certify.run)
app.command("worlds")(worlds.run)
app.command("sample")(sample.run)
app.command("plot", epilog=plot.KINDS)(plot.run)
app.command("calibrate")(calibrate.run)


def main() -> None:
    """Run the program; bad input ends in one line and exit code 2 (IDENTIFY_TRACEBACK=1 shows where it was found)."""
    try:
        app()
    except (ValueError, OSError) as error:
        if os.environ.get("IDENTIFY_TRACEBACK"):
            raise
        message = " ".join(str(error).split())
        print(f"identify: {message}", file=sys.stderr)
        sys.exit(2)
