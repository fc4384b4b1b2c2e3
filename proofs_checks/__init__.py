"""Statements about identifiability with their proofs by machine, their corrupted twins and their errata.

The strategies for property tests of your own lie in `proofs_checks.strategies`, apart, because they load hypothesis.
"""

from proofs_checks.catalogue import all_checks, find
from proofs_checks.check import KINDS, Check, Erratum, Source, Twin, TwinOutcome, Witness
from proofs_checks.mutation import Mutant, MutantOutcome, mutants, try_mutants
from proofs_checks.running import Outcome, examine, run
from proofs_checks.verification import Derivation, Disproved, Undecided

__all__ = [
    "KINDS",
    "Check",
    "Derivation",
    "Disproved",
    "Erratum",
    "Mutant",
    "MutantOutcome",
    "Outcome",
    "Source",
    "Twin",
    "TwinOutcome",
    "Undecided",
    "Witness",
    "all_checks",
    "examine",
    "find",
    "mutants",
    "run",
    "try_mutants",
]
