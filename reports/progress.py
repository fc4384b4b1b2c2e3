"""What a person sees while cells run: a live table in a terminal, one line per finished cell anywhere else.

The time left is told from the cells' stated costs and the pace at which they have been worked off so far.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol, runtime_checkable

from rich.console import Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from reports.plan import Budget
from reports.runner import Finished, Task, Workers, read_progress


@runtime_checkable
class Display(Protocol):
    """Told of every finished cell, and of what else a person should know."""

    def finished(self, finished: Finished) -> None:
        """Show one more finished cell."""
        ...

    def note(self, line: str) -> None:
        """Show a line that stays."""
        ...


class Forecast:
    """Time left, from the expected costs of what is finished, running and waiting."""

    def __init__(self, tasks: Sequence[Task], processes: int) -> None:
        self._cost = {task.address: max(task.cell.cost, 1e-3) for task in tasks}
        self._processes = processes
        self._started = time.monotonic()
        self._done = 0.0

    def finish(self, address: str) -> None:
        """Count a cell as finished."""
        self._done += self._cost.pop(address, 0.0)

    def seconds_left(self, running: dict[str, float]) -> float:
        """Seconds until the last cell ends; `running` holds the finished fraction of each running cell."""
        part = sum(self._cost[address] * share for address, share in running.items() if address in self._cost)
        waiting = sum(self._cost.values()) - part
        elapsed = time.monotonic() - self._started
        pace = (self._done + part) / elapsed if self._done + part > 0 and elapsed > 2 else float(self._processes)
        longest = max((cost * (1 - running.get(a, 0.0)) for a, cost in self._cost.items()), default=0.0)
        return max(waiting / pace, longest * self._processes / pace)


def say_budget(profile: str, planned: Budget) -> None:
    """One line on standard error before anything runs."""
    _say(budget_text(profile, planned))


def budget_text(profile: str, planned: Budget) -> str:
    """What a run is about to cost, by the costs its cells state."""
    line = f"plan of profile {profile}: {_count(planned.cells, 'cell')}, {planned.core_seconds:,.0f} core-seconds"
    if planned.done_cells:
        line += (
            f" ({_count(planned.done_cells, 'cell')}, {planned.done_core_seconds:,.0f} core-seconds, stored already)"
        )
    return f"{line}; about {duration(planned.seconds)} on {_count(planned.processes, 'process', 'es')}"


def _count(number: int, noun: str, ending: str = "s") -> str:
    return f"{number} {noun}{'' if number == 1 else ending}"


@contextmanager
def display(tasks: Sequence[Task], workers: Workers, folder: Path, quiet: bool = False) -> Iterator[Display]:
    """The display that fits standard error: live where it is a terminal, plain lines elsewhere, nothing if `quiet`."""
    if quiet or not tasks:
        yield _Silent()
    elif sys.stderr.isatty():
        from rich.console import Console
        from rich.live import Live

        screen = _Screen(tasks, workers, folder)
        with Live(get_renderable=screen.render, console=Console(stderr=True), refresh_per_second=4, transient=True):
            yield screen
    else:
        yield _Lines(tasks, workers, folder)


def duration(seconds: float | int) -> str:
    """`42 s`, `3 min 05 s`, `2 h 10 min`, `3 days`."""
    whole = round(seconds)
    if whole < 100:
        return f"{whole} s"
    if whole < 6000:
        return f"{whole // 60} min {whole % 60:02d} s"
    if whole < 172_800:
        return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
    return f"{round(whole / 86_400)} days"


class _Silent:
    def finished(self, finished: Finished) -> None:
        pass

    def note(self, line: str) -> None:
        pass


class _Lines:
    def __init__(self, tasks: Sequence[Task], workers: Workers, folder: Path) -> None:
        self._tasks = {task.address: task for task in tasks}
        self._folder = folder
        self._total = len(tasks)
        self._count = 0
        self._forecast = Forecast(tasks, workers.processes)
        names = ", ".join(sorted({task.device for task in tasks}))
        _say(f"running {_count(self._total, 'cell')} on {_count(workers.processes, 'process', 'es')} ({names})")

    def finished(self, finished: Finished) -> None:
        self._count += 1
        del self._tasks[finished.task.address]
        self._forecast.finish(finished.task.address)
        left = self._forecast.seconds_left(_running(self._tasks, self._folder))
        state = f"failed: {finished.error}" if finished.error else f"done in {duration(finished.seconds)}"
        ending = f", about {duration(left)} left" if self._count < self._total else ""
        _say(f"[{self._count}/{self._total}] {finished.task.cell.id} {state}{ending}")

    def note(self, line: str) -> None:
        _say(line)


class _Screen:
    def __init__(self, tasks: Sequence[Task], workers: Workers, folder: Path) -> None:
        self._tasks = tasks
        self._folder = folder
        self._forecast = Forecast(tasks, workers.processes)
        self._finished: dict[str, Finished] = {}
        self._started = time.monotonic()

    def finished(self, finished: Finished) -> None:
        self._forecast.finish(finished.task.address)
        self._finished[finished.task.address] = finished

    def note(self, line: str) -> None:
        _say(line)  # Live puts it above the table

    def render(self) -> RenderableType:
        running = _running((t.address for t in self._tasks if t.address not in self._finished), self._folder)
        table = Table.grid(padding=(0, 2))
        for task in self._tasks:
            if task.address in running:
                bar = ProgressBar(total=1.0, completed=running[task.address], width=28)
                table.add_row(Text(task.cell.id), bar, f"{running[task.address]:.0%}")
        failed = sum(finished.error is not None for finished in self._finished.values())
        line = Text(f"{len(self._finished)} of {len(self._tasks)} cells", style="bold")
        line.append(f"   {duration(time.monotonic() - self._started)} so far", style="not bold")
        line.append(f", about {duration(self._forecast.seconds_left(running))} left", style="not bold")
        if failed:
            line.append(f"   {failed} failed", style="bold red")
        return Group(table, line)


def _running(addresses: Iterable[str], folder: Path) -> dict[str, float]:
    """The finished fraction of every cell that has begun."""
    shares = {address: read_progress(folder, address) for address in addresses}
    return {address: share for address, share in shares.items() if share is not None}


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
