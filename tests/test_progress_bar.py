"""The bar that shows how far a fit is."""

import io

from rich.console import Console

from identify import fit, progress_bar
from tests.small_training import SMALL, sequences


def test_the_bar_ends_at_the_last_step():
    screen = io.StringIO()
    with progress_bar("training", Console(file=screen, force_terminal=True, width=100)) as bar:
        fit(sequences(), SMALL, (0,), progress=bar)
    assert f"{SMALL.steps}/{SMALL.steps}" in screen.getvalue()
    assert "training" in screen.getvalue()
