"""The plan of a run: its tasks, what is stored of them already, and what the rest costs at the stated costs."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from reports.cell import Cell
from reports.code_version import code_version
from reports.runner import Task
from reports.store import address_of


class Budget(NamedTuple):
    """What is to be done, in core-seconds of the cells' stated costs, and how long `processes` take for it."""

    cells: int
    core_seconds: float
    done_cells: int
    done_core_seconds: float
    processes: int
    seconds: float


def tasks_of(cells: Iterable[Cell], device: str) -> list[Task]:
    """A task for every cell on `cpu`, `cuda` or `mps`, the longest first; cells with one id are one."""
    tasks = []
    different = {cell.id: cell for cell in cells}
    for number, cell in enumerate(sorted(different.values(), key=lambda cell: -cell.cost)):
        code = code_version(type(cell).__module__)
        tasks.append(Task(cell, address_of(cell.configuration(), code, device), device, number, code))
    return tasks


def spread(tasks: Sequence[Task]) -> list[Task]:
    """The same tasks, numbered anew, so that those left of a stopped run use all devices."""
    return [task._replace(number=number) for number, task in enumerate(tasks)]


def budget(tasks: Sequence[Task], done: Collection[str], processes: int) -> Budget:
    """The budget of tasks of which those with addresses in `done` are stored."""
    costs: Mapping[bool, list[float]] = {True: [], False: []}
    for task in tasks:
        costs[task.address in done].append(task.cell.cost)
    stored, waiting = sum(costs[True]), sum(costs[False])
    seconds = makespan(costs[False], processes)
    return Budget(len(tasks), stored + waiting, len(costs[True]), stored, processes, seconds)


def makespan(costs: Sequence[float], processes: int) -> float:
    """Seconds until the last cell ends when every free process takes the longest cell that is left."""
    ends = [0.0] * processes
    for cost in sorted(costs, reverse=True):
        heapq.heapreplace(ends, ends[0] + cost)
    return max(ends)
