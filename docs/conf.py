"""The documentation as a site: `make docs` builds it into out/site, without network; a warning is an error.

Pages and docstrings are Markdown. Formulas become MathML, which browsers draw without scripts. The reference has one
page for each module, written here before the build and made from the docstrings.
"""

from __future__ import annotations

import re
import sys
from importlib import import_module
from pathlib import Path

from docutils import nodes
from docutils.utils import new_document
from myst_parser.parsers.sphinx_ import MystParser
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from identify.version import __version__  # noqa: E402
from reports.mathematics import mathml  # noqa: E402

project = "Identifiability lab"
author = "the maintainers"
release = __version__
extensions = ["myst_parser", "sphinx.ext.autodoc"]
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3
html_theme = "alabaster"
html_theme_options = {"fixed_sidebar": True, "page_width": "1100px", "sidebar_width": "250px", "show_powered_by": False}
html_title = project
html_math_renderer = "mathml"
html_copy_source = False
exclude_patterns = ["conf.py"]
autodoc_default_options = {"members": True, "ignore-module-all": True, "member-order": "bysource", "no-value": True}
autodoc_preserve_defaults = True
suppress_warnings = ["myst.header", "ref.python", "toc.empty_glob"]

WINGS = {
    "synthetic": "Worlds with known latents",
    "identify": "Learning and measuring",
    "proofs_checks": "Derivations",
    "reports": "Theorems, claims and reports",
}
ADDRESSED = re.compile(r"~?typing\.Annotated\[(.*?), <[^<>]* object at 0x[0-9a-f]+>\]")


class MarkdownDocstring(SphinxDirective):
    """A docstring, read as Markdown."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Parse the content with the parser of the pages."""
        document = new_document("docstring", self.state.document.settings)
        MystParser().parse("\n".join(self.content), document)
        return list(document.children)


def as_markdown(app: Sphinx, what: str, name: str, obj: object, options: object, lines: list[str]) -> None:
    """Wrap the lines of a docstring, so that they are read as Markdown."""
    if any(lines):
        lines[:] = [".. markdown-docstring::", "", *("   " + line for line in lines), ""]


def is_left_out(app: Sphinx, what: str, name: str, obj: object, skip: bool, options: object) -> bool | None:
    """Fields of named tuples, whose docstring only repeats their position."""
    return True if str(getattr(obj, "__doc__", "")).startswith("Alias for field number") else None


def without_addresses(
    app: Sphinx, what: str, name: str, obj: object, options: object, signature: str | None, returned: str | None
) -> tuple[str | None, str | None]:
    """The options of a command are objects whose address changes from build to build; their type is enough."""
    return signature and ADDRESSED.sub(r"\1", signature), returned


def as_one_document(app: Sphinx, doctree: nodes.document) -> None:
    """Parts parsed on their own belong to the page; else each page is stored with a copy of the whole environment."""
    for node in doctree.findall():
        node.document = doctree


def write_reference() -> None:
    """One page for each module, and one for each wing that lists them with their first sentence."""
    folder = HERE / "reference"
    for wing, title in WINGS.items():
        rows: list[str] = []
        (folder / wing).mkdir(parents=True, exist_ok=True)
        for path in sorted((HERE.parent / wing).rglob("*.py")):
            if path.name == "__init__.py":
                continue
            module = ".".join(path.relative_to(HERE.parent).with_suffix("").parts)
            page = f"# {module}\n\n```{{eval-rst}}\n.. automodule:: {module}\n```\n"
            written = folder / wing / f"{module}.md"
            if not written.is_file() or written.read_text() != page:
                written.write_text(page)
            rows.append(module)
        for stale in set((folder / wing).iterdir()) - {folder / wing / f"{module}.md" for module in rows}:
            stale.unlink()
        listed = "\n".join(f"{wing}/{module}" for module in rows)
        about = (import_module(wing).__doc__ or "").strip()
        (folder / f"{wing}.md").write_text(
            f"# {wing}: {title}\n\n{about}\n\n```{{toctree}}\n:maxdepth: 1\n\n{listed}\n```\n"
        )


def setup(app: Sphinx) -> dict[str, bool]:
    """Formulas as MathML, docstrings as Markdown, the reference written before pages are collected."""

    def inline(translator: object, node: nodes.math) -> None:
        translator.body.append(str(mathml(node.astext())))
        raise nodes.SkipNode

    def block(translator: object, node: nodes.math_block) -> None:
        translator.body.append(f'<div class="math">{mathml(node.astext(), block=True)}</div>')
        raise nodes.SkipNode

    app.add_html_math_renderer("mathml", (inline, None), (block, None))
    app.add_directive("markdown-docstring", MarkdownDocstring)
    app.connect("autodoc-process-docstring", as_markdown)
    app.connect("autodoc-process-signature", without_addresses)
    app.connect("autodoc-skip-member", is_left_out)
    app.connect("doctree-read", as_one_document)
    write_reference()
    return {"parallel_read_safe": True, "parallel_write_safe": True}
