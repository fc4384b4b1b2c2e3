"""Profiles put together: every claim once, every cell once, with as many seeds as asked.

Where two profiles have a claim of one name, the one with more cells stands for both. Where they have different cells of
one name, the later profile's cell is called `PROFILE/NAME` here, and the claim's rule never knows. Seeds are added
after those that a cell has, at the cost per seed that it states.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any

from reports.cell import Cell
from reports.claim import Claim, Judgement
from reports.profiles import Profile


def together(name: str, profiles: Sequence[Profile]) -> Profile:
    """One profile with all claims, theorems and checks of these."""
    claims: dict[str, Claim] = {}
    cells: dict[str, Cell] = {}
    for profile in profiles:
        for claim in profile.claims:
            own = claim if claim.id not in claims else max(claims[claim.id], claim, key=lambda one: len(one.cells))
            claims[claim.id] = _named_apart(own, cells, profile.name)
    theorems = {theorem.id: theorem for profile in profiles for theorem in profile.theorems}
    checks = tuple(dict.fromkeys(check for profile in profiles for check in profile.checks))
    return Profile(name, tuple(claims.values()), tuple(theorems.values()), checks)


def with_cells(claim: Claim, change: Callable[[Cell], Cell]) -> Claim:
    """The claim with every cell changed."""
    return replace(claim, cells=tuple(change(cell) for cell in claim.cells))


def with_seeds(cell: Cell, least: int) -> Cell:
    """The cell with at least that many seeds; as it is where it has enough, or none at all."""
    seeds: tuple[int, ...] = getattr(cell, "seeds", ())
    if not 0 < len(seeds) < least:
        return cell
    more = range(max(seeds) + 1, max(seeds) + 1 + least - len(seeds))
    return _replaced(cell, seeds=(*seeds, *more), cost=cell.cost * least / len(seeds))


def in_parts(cell: Cell, seeds: int) -> tuple[Cell, ...]:
    """Cells of that many seeds each, so that one of many seeds is not one machine's: `NAME/seeds-0-9`, ..."""
    every: tuple[int, ...] = getattr(cell, "seeds", ())
    if len(every) <= seeds:
        return (cell,)
    parts = [every[first : first + seeds] for first in range(0, len(every), seeds)]
    return tuple(
        _replaced(cell, id=f"{cell.id}/seeds-{part[0]}-{part[-1]}", seeds=part, cost=cell.cost * len(part) / len(every))
        for part in parts
    )


def _named_apart(claim: Claim, cells: dict[str, Cell], profile: str) -> Claim:
    """The claim with cells that do not collide with those in `cells`, where its own are entered."""
    named: dict[str, str] = {}
    kept = []
    for cell in claim.cells:
        known = cells.setdefault(cell.id, cell)
        if known.configuration() == cell.configuration():
            kept.append(known)
            continue
        apart = _replaced(cell, id=f"{profile}/{cell.id}")
        named[apart.id] = cell.id
        kept.append(cells.setdefault(apart.id, apart))
    if not named:
        return replace(claim, cells=tuple(kept))

    def rule(summaries: Mapping[str, Mapping[str, Any]]) -> Judgement:
        return claim.rule({named.get(name, name): summary for name, summary in summaries.items()})

    return replace(claim, cells=tuple(kept), rule=rule)


def _replaced(cell: Cell, **changes: Any) -> Any:
    has: set[str] = {field.name for field in fields(cell)} if is_dataclass(cell) else set()
    missing = [name for name in changes if name not in has]
    if missing or isinstance(cell, type):
        raise ValueError(f"cell {cell.id!r} cannot change its {missing}: make them fields of its dataclass")
    return replace(cell, **changes)  # type: ignore[type-var]
