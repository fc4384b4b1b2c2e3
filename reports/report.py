"""The whole flow of a report: claims -> cells -> records -> rows -> figures, tables and page.

Records are made once; everything that is shown is drawn from them, so `redraw` needs no computation and no accelerator.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from reports.output_folder import prepare_folder
from reports.publication import publish
from reports.run import InterruptedReport, Order, evaluated, run
from reports.store import Store

__all__ = ["InterruptedReport", "Order", "make_report", "names_of", "select", "unknown_names"]


def make_report(order: Order) -> dict[str, Any]:
    """Run what has to run, store it, and write `report.html`, `report.json`, figures and tables; returns the report.

    Raises `ValueError` or `OSError` for a folder that cannot be used and, with `redraw`, for damaged or absent records;
    `InterruptedReport` on Ctrl-C.
    """
    if order.redraw and not (order.out / "records").is_dir():
        raise _nothing_to_redraw(order)
    prepare_folder(order.out)
    with Store(order.out / "records") as store:
        body = _last_run(order, store) if order.redraw else run(order, store)
        report, records = evaluated(order, store, body)
        publish(report, records, order.out)
    return report


def _last_run(order: Order, store: Store) -> dict[str, Any]:
    """What the last run noted; where that was lost, the latest record of every cell."""
    body = store.last_run()
    if body is not None:
        return body
    addresses = {cell.id: address for cell in order.cells if (address := store.latest(cell.id)) is not None}
    if not addresses:
        raise _nothing_to_redraw(order)
    record = store.read(next(iter(addresses.values())))
    body = {"command": order.command, "started": record.created, "environment": record.environment, "kept": 0}
    return body | {"device": record.device, "jobs": 0, "threads": 0, "cells": addresses, "errors": {}, "seconds": 0.0}


def select(profile: Any, only: Sequence[str]) -> Any:
    """The profile with the claims in `only`, a theorem's id standing for all of its claims (all where it is empty).

    `ValueError` for a name that it does not have.
    """
    unknown = unknown_names(profile, only)
    if unknown:
        raise ValueError(f"unknown claim {unknown[0]!r}: {names_of(profile)}")
    if not only:
        return profile
    claims = tuple(claim for claim in profile.claims if {claim.id, claim.theorem} & set(only))
    theorems = tuple(t for t in profile.theorems if t.id in {claim.theorem for claim in claims})
    named = {check for theorem in theorems for check in theorem.checks}
    checks = tuple(check for check in profile.checks if check in named)
    return replace(profile, claims=claims, theorems=theorems, checks=checks)


def unknown_names(profile: Any, only: Sequence[str]) -> list[str]:
    """The names in `only` that are no claim of the profile and no theorem with claims in it."""
    known = {name for claim in profile.claims for name in (claim.id, claim.theorem)}
    return [name for name in only if name not in known]


def names_of(profile: Any) -> str:
    """What `select` understands, in words."""
    claims = ", ".join(claim.id for claim in profile.claims)
    theorems = ", ".join(dict.fromkeys(claim.theorem for claim in profile.claims))
    return f"profile {profile.name!r} has {claims}; theorems {theorems}"


def _nothing_to_redraw(order: Order) -> ValueError:
    return ValueError(f"no records in {order.out}: run `identify report` without --redraw first")
