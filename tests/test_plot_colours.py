"""Colours that stand for different things stay apart for readers with each kind of colour blindness.

Severe protanopia, deuteranopia and tritanopia are simulated in linear RGB by the matrices of Machado, Oliveira and
Fernandes (2009, table 1, severity 1); distances are CIE76 in CIELAB under D65, where 2.3 is just noticeable. Nothing is
random. The twin is red beside green of equal lightness, which the test has to reject.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from reports.figures.style import HOLDS, METHODS, PALETTE

APART = 10.0
SEEN = {
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
    "all colours": np.eye(3).tolist(),
}
XYZ = np.array([[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.072175], [0.0193339, 0.119192, 0.9503041]])


def _lab(colour, seen):
    code = np.array([int(colour[k : k + 2], 16) for k in (1, 3, 5)]) / 255
    linear = np.where(code <= 0.04045, code / 12.92, ((code + 0.055) / 1.055) ** 2.4)
    x, y, z = (XYZ @ np.clip(np.array(seen) @ linear, 0, 1)) / XYZ.sum(axis=1)
    f = [value ** (1 / 3) if value > 216 / 24389 else (24389 / 27 * value + 16) / 116 for value in (x, y, z)]
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def _least(colours, seen):
    places = [_lab(colour, seen) for colour in colours]
    return min(float(np.linalg.norm(a - b)) for a, b in combinations(places, 2))


@pytest.mark.parametrize("seen", SEEN)
@pytest.mark.parametrize(
    "colours", [PALETTE, tuple(HOLDS.values()), tuple(set(METHODS.values()))], ids=["curves", "verdicts", "methods"]
)
def test_colours_stay_apart(colours, seen):
    assert _least(colours, SEEN[seen]) > APART


def test_red_and_green_of_one_lightness_do_not():
    assert _least(("#c05a4a", "#6e7f2c"), SEEN["deuteranopia"]) < APART
