"""The page of errata, from the record of the last full run of the derivation checks.

`python -m reports.errata_page` writes `docs/errata.md`: for every statement whose print is wrong or holds only in a
corrected form, what is printed, what is right, a case that tells them apart, and what follows from it.
"""

from __future__ import annotations

from collections.abc import Iterator

from reports.atomic_file import write_atomically
from reports.check_record import CheckRecord, load, shipped
from reports.code_version import ROOT
from reports.mathematics import erratum_parts, is_formula

PAGE = ROOT / "docs" / "errata.md"


def markdown(record: CheckRecord) -> str:
    """The page."""
    return "\n".join(_lines(record)) + "\n"


def _lines(record: CheckRecord) -> Iterator[str]:
    wrong = [row for row in record.rows if row["erratum"] is not None]
    yield "# Errata"
    yield ""
    yield (
        f"{len(wrong)} of {len(record.rows)} checked statements are printed with an error, or hold only in a corrected "
        "form. `identify check --errata` computes the witnesses anew. Made by `python -m reports.errata_page` from the "
        f"record of {record.created:%d %B %Y} (commit {record.commit[:10]})."
    )
    for row in wrong:
        yield ""
        yield f"## {row['id']}: {row['source']}"
        yield ""
        yield _formula(row["statement"])
        yield ""
        parts = erratum_parts(row["erratum"])
        if parts is None:
            yield row["erratum"]
            continue
        yield f"- printed: {_formula(parts.printed)}"
        yield f"- correct: {_formula(parts.correct)}"
        yield f"- witness: {parts.witness}"
        yield f"- consequence: {parts.consequence}"


def _formula(latex: str) -> str:
    """LaTeX between dollar signs where it is a formula, the text itself otherwise."""
    return f"${latex}$" if is_formula(latex) else latex


def main() -> None:
    """Write the page of the documentation."""
    write_atomically(PAGE, markdown(load(shipped())).encode())


if __name__ == "__main__":
    main()
