"""The page `docs/certify.md`, from the records of the study and of the recordings alone.

`python -m reports.certificate_page FOLDER` takes over `certificate.json` and `recordings.json` as far as they are in
FOLDER and makes the page; without an argument it makes the page again from the records kept in `docs/certify/`.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reports.atomic_file import write_atomically
from reports.certificate_recordings import RECORD as RECORDINGS
from reports.certificate_study import RECORD as STUDY
from reports.code_version import ROOT

DOCS = ROOT / "docs"

INTRODUCTION = """# Certificates for recordings without ground truth

`identify certify DATA` fits predictive LDM from several starts and holds the codes of held-out pieces against what
Theorem 1 assumes and implies. It exits with 0 where every needed row is supported (certified), with 1 where one is not
or could not be told, with 2 on bad input; `--json` and `--out DIR` (a self-contained page) are there for the rest.

```bash
identify certify recordings.npy --dim 2 --seeds 0,1,2 --out certificate
identify certify flat.csv --sequence-length 500 --json
```

A certificate is conditional: **the code is affine to any latents that satisfy the theorem**. No data without truth show
that the true latents are the Gaussian ones and not a bent copy (V5), that one encoder serves all times (V8), that no
independent latent is left out (V10), or that the model family was right to be restricted (V11).

| row | asks |
|---|---|
| optimum reached | whether the best starts agree in held-out objective within three standard errors |
| same code from every start | whether codes of agreeing starts are affine to each other (the ladder's verdict) |
| dimension of the observations | whether the observations fill as many dimensions as the code has |
| predictions follow every direction | full rank of the predictor's Jacobian; thresholds set on worlds, no test |
| Gaussian residuals, constant covariance, noise in every direction | assumption (i), by `identify.diagnose` |
| predicted means span | assumption (iii); of full rank, since a direction that nothing predicts may be folded unseen |
| memory of one step | whether the last code is all of the past that counts |
| dimension of the code | whether the code fills its width |
| the code determines the observation | whether frames that differ share a code (folds) |

What is called not certified may still be identified: one unpredicted latent (deficiency one) is harmless for an
invertible code, but that the code is invertible there cannot be seen. Observation noise fills all dimensions and
withholds the certificate as well.
"""


def publish(folder: Path, docs: Path) -> None:
    """Keep the records of `folder` in `certify/` below `docs` and write the page from what is kept."""
    kept = docs / "certify"
    kept.mkdir(parents=True, exist_ok=True)
    if folder != kept:
        for name in (STUDY, RECORDINGS):
            if (folder / name).exists():
                shutil.copyfile(folder / name, kept / name)
    records = {name: json.loads((kept / name).read_text()) for name in (STUDY, RECORDINGS) if (kept / name).exists()}
    text = markdown(records.get(STUDY), records.get(RECORDINGS))
    write_atomically(docs / "certify.md", text.encode())


def markdown(study: Mapping[str, Any] | None, recordings: Mapping[str, Any] | None) -> str:
    """The page; a record that is not there leaves its part out."""
    parts = [INTRODUCTION]
    if study is not None:
        parts.append(_rates(study))
    if recordings is not None:
        parts.append(_recordings(recordings))
    return "\n".join(parts)


def _rates(record: Mapping[str, Any]) -> str:
    false, good, asked = record["false"], record["certified"], record["asked"]
    share = good["certified"] / max(good["count"], 1)
    lines = [
        "## Error rates",
        "",
        f"Fits of {record['sequences']} sequences of {record['length']} steps, 100 channels, {record['starts']} "
        "starts, the true dimension given, fresh mixing, latents and networks every time; "
        f"{record['seconds']:.1f} CPU seconds a fit. A false certificate is any certificate in a world that breaks an "
        "assumption, also where the code happens to be affine to the latents. In violation V7 the "
        "encoder sees two frames, so they are joined into one before the fit.",
        "",
        f"- **False certificates: {false['certified']} of {false['count']}** (asked for: {asked['violated']}), "
        f"one-sided exact 95 % bound {false['upper']:.2%}.",
        f"- **Intact worlds certified: {good['certified']} of {good['count']}** ({share:.0%}; asked for: "
        f"{asked['intact']}).",
        "",
        "| violation | world | certified | rows that withheld it (fits) |",
        "|---|---|---|---|",
    ]
    for cell in record["worlds"]:
        withheld = ", ".join(f"{name} ({count})" for name, count in list(cell["withheld"].items())[:5]) or "-"
        label = f"intact twin of {cell['violation']}" if cell["intact"] else cell["violation"]
        lines.append(f"| {label} | `{cell['world']}` | {cell['certified']} of {cell['count']} | {withheld} |")
    lines += [
        "",
        "V2's intact twin leaves one latent unpredicted; it is refused by design and counts on neither side.",
        "",
        "Made by `python -m reports.certificate_study` (stopped runs go on) and `python -m reports.certificate_page` "
        f"from `docs/certify/{STUDY}` ({_made(record)}); no number here is typed by hand.",
        "",
    ]
    return "\n".join(lines)


def _recordings(record: Mapping[str, Any]) -> str:
    lines = [
        "## Recordings",
        "",
        "| recording | frames | channels | code | outcome | not supported | could not be told | affine R² to state |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for one in record["recordings"]:
        truth = one["truth"]
        told = "unknown" if truth is None else f"{truth['r2']:.4f} ({truth['low']:.4f} to {truth['high']:.4f})"
        lines.append(
            f"| {one['about']} | {one['frames']} | {one['channels']} | {one['dim']} "
            f"({'given' if one['dim_given'] else 'estimated'}) | "
            f"{'**certified**' if one['certified'] else 'not certified'} | {', '.join(one['not_supported']) or '-'} "
            f"| {', '.join(one['open']) or '-'} | {told} |"
        )
    lines += [
        "",
        f"Made by `python -m reports.certificate_recordings` from `docs/certify/{RECORDINGS}` ({_made(record)}).",
        "",
    ]
    return "\n".join(lines)


def _made(record: Mapping[str, Any]) -> str:
    made_in = record["environment"]
    changed = " with local changes" if made_in["dirty"] else ""
    return f"code version {record['code_version'][:12]}, commit {str(made_in['commit'])[:10]}{changed}"


def main() -> None:
    """Publish the records of a folder, or the kept ones again."""
    publish(Path(sys.argv[1]) if len(sys.argv) > 1 else DOCS / "certify", DOCS)


if __name__ == "__main__":
    main()
