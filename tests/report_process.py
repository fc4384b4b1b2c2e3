"""A report on the made-up profile in a process of its own, to be killed, interrupted and held against another."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PASSING = {"seconds", "environment", "run", "address"}


def numbers(report):
    """Everything a report says except when, where and how fast it was made."""
    if isinstance(report, dict):
        return {key: numbers(value) for key, value in report.items() if key not in PASSING}
    return [numbers(entry) for entry in report] if isinstance(report, list) else report


def numbers_in(out):
    return json.dumps(numbers(json.loads((out / "report.json").read_text())), sort_keys=True)


def start(out, *options):
    command = [sys.executable, "-m", "tests.fake_profile", str(out), "--bare", *options]
    return subprocess.Popen(
        command,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # a test run in the background of a shell would hand down an ignored Ctrl-C
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def finish(process):
    stdout, stderr = process.communicate(timeout=120)
    return process.returncode, stdout, stderr


def finished_cells(stderr):
    return sum(" done in " in line for line in stderr.splitlines())


def wait_for_records(out, count, process):
    wait_for(lambda: len(list((out / "records").glob("*.json"))) >= count, process)


def wait_for(event, process):
    while not event() and process.poll() is None:
        time.sleep(0.005)


def workers_of(process):
    """Ids of the worker processes, without the resource tracker (Linux)."""
    tasks = Path(f"/proc/{process.pid}/task")
    children = [int(pid) for task in tasks.iterdir() for pid in (task / "children").read_text().split()]
    return [pid for pid in children if "popen_loky" in Path(f"/proc/{pid}/cmdline").read_text()]


def has_started(pid):
    """Whether a worker has started: from then on it ignores Ctrl-C (Linux)."""
    ignored = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("SigIgn"))
    return bool(int(ignored.split()[1], 16) >> (signal.SIGINT - 1) & 1)
