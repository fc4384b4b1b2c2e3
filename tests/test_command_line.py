"""The program answers at once, names every command, and turns bad input into one line and exit code 2."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from identify.version import __version__

ROOT = Path(__file__).resolve().parent.parent
COMMANDS = ("report", "check", "measure", "worlds", "sample")
HEAVY = ("torch", "numpy", "scipy", "sklearn", "sympy", "matplotlib", "jinja2", "joblib", "synthetic", "proofs_checks")


def identify(*arguments, **variables):
    program = "import sys; from reports.command_line import main; sys.argv[0] = 'identify'; main()"
    return subprocess.run(
        [sys.executable, "-c", program, *map(str, arguments)],
        cwd=ROOT,
        env=os.environ | {"COLUMNS": "200", "NO_COLOR": "1", "TERM": "dumb"} | variables,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_version():
    found = identify("--version")
    assert (found.returncode, found.stdout) == (0, f"identify {__version__}\n")


def test_help_names_every_command():
    found = identify("--help")
    assert found.returncode == 0
    for command in COMMANDS:
        assert command in found.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command):
    found = identify(command, "--help")
    assert found.returncode == 0
    assert f"identify {command}" in found.stdout


@pytest.mark.parametrize(
    "arguments", [("--help",), ("--version",), ("report", "--help"), ("report", "--profile", "huge")]
)
def test_answers_load_nothing_heavy(arguments):
    program = (
        "import sys\n"
        "from reports.command_line import main\n"
        f"sys.argv = ['identify', *{arguments!r}]\n"
        "try:\n    main()\n"
        "finally:\n"
        f"    print('loaded', sorted(set(sys.modules) & set({HEAVY!r})))"
    )
    found = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert found.stdout.splitlines()[-1] == "loaded []"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--profile", "huge"), "unknown profile 'huge': this version has 'quick'"),
        (("--backend", "dask"), "backend=dask needs the scheduler's address"),
        (("--backend", "no-such-backend"), "backend=no-such-backend cannot be had"),
        (("--device", "tpu"), "unknown device 'tpu': choose one of auto, cpu, cuda, mps"),
        (("--device", "mps"), "device 'mps' is not there"),
        (("--resume", "--redraw"), "--resume and --redraw exclude each other"),
        (("--only", "no-such-claim"), "unknown claim 'no-such-claim': profile 'quick' has "),
        (("--jobs", "0"), "jobs=0 must be at least 1"),
        (("--redraw",), "run `identify report` without --redraw first"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(arguments, message, tmp_path):
    found = identify("report", "--out", tmp_path / "report", *arguments)
    assert found.returncode == 2
    assert found.stdout == ""
    assert found.stderr.startswith("identify: ")
    assert message in found.stderr
    assert found.stderr.count("\n") == 1


def test_a_folder_that_cannot_be_written_is_one_line_and_exit_code_2(tmp_path):
    (tmp_path / "file").write_text("")
    found = identify("report", "--out", tmp_path / "file" / "report")
    assert found.returncode == 2
    assert "cannot write to out=" in found.stderr
    assert found.stderr.count("\n") == 1


def test_an_unknown_command_or_option_is_exit_code_2():
    assert identify("no-such-command").returncode == 2
    assert identify("report", "--no-such-option").returncode == 2
