"""Mutation of checked statements: corrupt one coefficient, sign or exponent of a claim; the proof must reject it.

A claim is walked down to its SymPy leaves (through dicts, tuples, named tuples, frozen dataclasses and matrices), and
every node of a leaf offers

=============  =========================================================================================
`coefficient`  one term of a sum, or the whole formula, doubled; a number c inside it becomes 2 c
`sign`         one term of a sum, or the whole formula, negated
`exponent`     a numeric power p becomes p + 1 (p - 1 if negative), a factor x becomes x^2, an inverse is undone
=============  =========================================================================================

Settings that are no formulas (Python numbers, strings, functions) stay as they are. A corrupted formula that agrees
with the original at random rational points is dropped: it is the same statement. What remains goes through the check's
own `verify` and is caught if that raises `Disproved`; an undecided equality or an exception does not count.

    from proofs_checks import find
    from proofs_checks.mutation import mutants, try_mutants

    if __name__ == "__main__":                            # worker processes are started
        for outcome in try_mutants(mutants([find("eq-42")], per_check=4), jobs=1):
            print(outcome.mutant.kind, outcome.mutant.place, outcome.caught)
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from functools import partial
from typing import Any, Literal, NamedTuple

import sympy
from sympy.core.function import AppliedUndef
from sympy.functions.elementary.piecewise import ExprCondPair
from sympy.matrices.exceptions import NonInvertibleMatrixError
from sympy.matrices.expressions.matexpr import MatrixElement

from proofs_checks.check import Check, Twin
from proofs_checks.running import run
from proofs_checks.symbolic_zero import counterexample
from proofs_checks.verification import Derivation

Kind = Literal["coefficient", "sign", "exponent"]
Place = tuple[Any, ...]
_STEP = " / "
_OPAQUE = (AppliedUndef, sympy.Subs, MatrixElement, sympy.MatrixSymbol, sympy.Identity, sympy.ZeroMatrix)


class Mutant(NamedTuple):
    """A check, the place of the corrupted leaf in its claim, the leaf before and after, and the corrupted claim."""

    check: Check
    place: str
    kind: Kind
    before: str
    after: str
    claim: Callable[[], Any]


# Why a proof may accept a corruption: (check, first key of the place) -> reason. The corrupted statement is then true.
REASONS = {
    ("thm-1-plus", "predicted means"): "an example: a curve with other coefficients spans as well",
    ("cor-1", "rotation"): "if Q is orthogonal, so is -Q",
    ("cor-1", "freedom"): "if Q is orthogonal, so is -Q",
}


class MutantOutcome(NamedTuple):
    """Whether the proof rejected the mutant; `finding` is the first line of the rejection or what happened instead."""

    mutant: Mutant
    caught: bool
    finding: str

    @property
    def reason(self) -> str:
        """Why a survivor is a true statement, as far as known; empty otherwise."""
        known = REASONS.get((self.mutant.check.id, self.mutant.place.partition(_STEP)[0]), "")
        return "" if self.caught else known


def mutants(checks: Sequence[Check], per_check: int, seed: int = 0) -> tuple[Mutant, ...]:
    """Up to `per_check` mutants of every check, drawn without replacement; the same for the same seed.

    Raises `ValueError` unless per_check >= 1.
    """
    if per_check < 1:
        raise ValueError(f"per_check={per_check}: give a number of mutants per check, 1 or more")
    return tuple(mutant for check in checks for mutant in _draw(check, per_check, seed))


def try_mutants(
    chosen: Sequence[Mutant],
    jobs: int | None = None,
    timeout: float = 30.0,
) -> Iterator[MutantOutcome]:
    """Outcomes as they are ready, each mutant in a worker process with `timeout` seconds; raises as `run` does."""
    by_id = {f"{mutant.check.id}.mutant{number}": mutant for number, mutant in enumerate(chosen)}
    for outcome in run([_as_check(name, mutant) for name, mutant in by_id.items()], jobs, timeout):
        mutant = by_id[outcome.id]
        if outcome.status == "holds":
            (twin,) = outcome.twins
            yield MutantOutcome(mutant, twin.rejected, twin.reason)
        else:
            yield MutantOutcome(mutant, False, outcome.message.strip().splitlines()[-1])


def _draw(check: Check, count: int, seed: int) -> Iterator[Mutant]:
    claim = check.claim()
    sites = [(place, number) for place, leaf in leaves(claim) for number in range(len(list(corruptions(leaf))))]
    random.Random(f"{check.id} {seed}").shuffle(sites)
    found = 0
    for place, number in sites:
        if found == count:
            return
        leaf = _at(claim, place)
        kind, corrupted = list(corruptions(leaf))[number]
        if _same(leaf, corrupted):
            continue
        found += 1
        rebuilt = partial(_corrupted_claim, check.claim, place, number)
        yield Mutant(check, _path(place), kind, str(leaf), str(corrupted), rebuilt)


def _as_check(name: str, mutant: Mutant) -> Check:
    """The mutant as the only twin of a check whose own proof is left to the original."""
    return replace(
        mutant.check,
        id=name,
        aliases=(),
        erratum=None,
        claim=_nothing,
        verify=partial(_verify_if_corrupted, mutant.check.verify),
        twins=(Twin(f"{mutant.kind} in {mutant.place}", mutant.claim),),
    )


def _nothing() -> None:
    return None


def _verify_if_corrupted(verify: Callable[[Any, Derivation], None], claim: Any, work: Derivation) -> None:
    if claim is None:
        work.require("the intact claim is proved by its own check", True)
    else:
        verify(claim, work)


def leaves(value: Any, place: Place = ()) -> Iterator[tuple[Place, sympy.Basic]]:
    """SymPy expressions within a claim, matrices entry by entry, each with the keys that lead to it."""
    if isinstance(value, sympy.MatrixBase):
        for i in range(value.rows):
            for j in range(value.cols):
                yield from leaves(value[i, j], (*place, (i, j)))
    elif isinstance(value, sympy.Expr | sympy.MatrixExpr):
        yield place, value
    else:
        for key, part in _parts(value):
            yield from leaves(part, (*place, key))


def corruptions(leaf: sympy.Basic) -> Iterator[tuple[Kind, sympy.Basic]]:
    """Every corruption of the expression at one of its nodes, in a fixed order; some may equal the original."""
    if not _is_sum(leaf):
        yield "coefficient", 2 * leaf
        yield "sign", -leaf
    yield from _within(leaf)


def _within(node: sympy.Basic) -> Iterator[tuple[Kind, sympy.Basic]]:
    if isinstance(node, _OPAQUE) or not node.args:
        return
    if isinstance(node, sympy.Pow) and node.exp.is_Rational:
        step = 1 if node.exp > 0 else -1
        yield "exponent", node.base ** (node.exp + step)
    if isinstance(node, sympy.Inverse):
        yield "exponent", node.arg
    for position in _open_arguments(node):
        for kind, corrupted in _of_argument(node, node.args[position]):
            yield kind, node.func(*node.args[:position], corrupted, *node.args[position + 1 :])


def _of_argument(node: sympy.Basic, part: sympy.Basic) -> Iterator[tuple[Kind, sympy.Basic]]:
    if _is_sum(node):
        yield "coefficient", 2 * part
        yield "sign", -part
    elif part.is_Rational and part not in (0, 1, -1) and isinstance(node, sympy.Mul | sympy.MatMul):
        yield "coefficient", 2 * part
    if isinstance(node, sympy.Add | sympy.Mul) and isinstance(part, sympy.Symbol):
        yield "exponent", part**2
    yield from _within(part)


def _open_arguments(node: sympy.Basic) -> tuple[int, ...]:
    """Positions of the arguments that may be corrupted: what is summed or integrated, not by what; no numeric power."""
    if isinstance(node, sympy.Derivative | sympy.Integral | sympy.Sum | sympy.Product):
        return (0,)
    if isinstance(node, sympy.Pow) and node.exp.is_Rational:
        return (0,)
    formulas = (sympy.Expr, sympy.MatrixExpr, ExprCondPair)
    return tuple(position for position, part in enumerate(node.args) if isinstance(part, formulas))


def _is_sum(node: sympy.Basic) -> bool:
    return isinstance(node, sympy.Add | sympy.MatAdd)


def _same(leaf: sympy.Basic, corrupted: sympy.Basic) -> bool:
    """No random rational point tells them apart; formulas that cannot be evaluated there count as different."""
    difference = corrupted - leaf
    if difference == 0:
        return True
    if difference.has(sympy.nan, sympy.zoo):
        return False
    try:
        return counterexample(difference) is None
    except (NonInvertibleMatrixError, AttributeError, TypeError, ValueError):
        return False


def _parts(value: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(value, Mapping):
        yield from value.items()
    elif isinstance(value, tuple | list | sympy.Tuple):
        yield from enumerate(value)
    elif is_dataclass(value) and not isinstance(value, type):
        yield from ((field.name, getattr(value, field.name)) for field in fields(value))


def _at(value: Any, place: Place) -> Any:
    for key in place:
        value = getattr(value, key) if is_dataclass(value) else value[key]
    return value


def _corrupted_claim(claim: Callable[[], Any], place: Place, number: int) -> Any:
    whole = claim()
    _, corrupted = list(corruptions(_at(whole, place)))[number]
    return _replaced(whole, place, corrupted)


def _replaced(value: Any, place: Place, leaf: sympy.Basic) -> Any:
    """A copy of the claim with the leaf at `place` replaced."""
    if not place:
        return leaf
    key, rest = place[0], place[1:]
    if isinstance(value, sympy.MatrixBase):
        entries = value.as_mutable()
        entries[key] = leaf
        return value.__class__(entries)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{key: _replaced(getattr(value, key), rest, leaf)})
    part = _replaced(value[key], rest, leaf)
    if isinstance(value, Mapping):
        return {name: part if name == key else other for name, other in value.items()}
    changed = [part if k == key else other for k, other in enumerate(value)]
    return type(value)(*changed) if hasattr(value, "_fields") else type(value)(changed)


def _path(place: Place) -> str:
    return _STEP.join(str(key) for key in place) or "the formula"
