"""A world in three panels: latents of many frames, what is observed, and one trajectory."""

from __future__ import annotations

from math import isqrt
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reports.figures.style import FAINT, INK, PALETTE, panels, plane_colours

if TYPE_CHECKING:
    from synthetic import Trajectories, World

FRAMES = 1_500
PICTURES = 3
"""Images are shown as PICTURES x PICTURES frames."""


def draw(world: World, sampled: Trajectories) -> Figure:
    """Latents coloured by their place, observations in the same colours (or as images), the first sequence."""
    z, x = sampled.z.flatten(0, 1).numpy(), sampled.x.flatten(0, 1).numpy()
    few = np.linspace(0, len(z) - 1, min(FRAMES, len(z))).astype(int)
    colours = plane_colours(_two(z[few]))
    figure, (latents, observed, path) = panels(3, 3, 1.9)
    if world.dim > 1:
        _points(latents, z[few, :2], colours)
    else:
        latents.hist(z[:, 0], bins=60, color=PALETTE[0])
    latents.set(title=f"latents, d = {world.dim}", xlabel="$z_1$", ylabel="$z_2$" if world.dim > 1 else "frames")
    if is_image(world):
        _pictures(observed, x)
    else:
        _points(observed, _principal(x[few]), colours)
        observed.set(xlabel="first component", ylabel="second component")
    observed.set_title(f"observations, p = {world.observed_dim}")
    _path(path, sampled.z[0].numpy())
    return figure


def is_image(world: World) -> bool:
    """Whether observations are square dot images."""
    return "image" in world.description and isqrt(world.observed_dim) ** 2 == world.observed_dim


def _two(values: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n 2"]:
    return values[:, :2] if values.shape[1] > 1 else np.column_stack([values, np.zeros(len(values))])


def _principal(x: Float[np.ndarray, "n p"]) -> Float[np.ndarray, "n 2"]:
    centred = x - x.mean(axis=0)
    return _two(centred @ np.linalg.svd(centred, full_matrices=False)[2][:2].T)


def _points(panel: Axes, points: Float[np.ndarray, "n 2"], colours: Float[np.ndarray, "n 3"]) -> None:
    panel.scatter(points[:, 0], points[:, 1], c=colours, s=2, lw=0, rasterized=True)


def _pictures(panel: Axes, x: Float[np.ndarray, "n p"]) -> None:
    side = isqrt(x.shape[1])
    chosen = x[np.linspace(0, len(x) - 1, PICTURES**2).astype(int)].reshape(PICTURES, PICTURES, side, side)
    tiled = np.pad(chosen, ((0, 0), (0, 0), (0, 1), (0, 1)), constant_values=np.nan)
    panel.imshow(tiled.transpose(0, 2, 1, 3).reshape(PICTURES * (side + 1), -1)[:-1, :-1], cmap="magma")
    panel.set_axis_off()


def _path(panel: Axes, z: Float[np.ndarray, "t d"]) -> None:
    for k, series in enumerate(z.T[:3]):
        panel.plot(series, color=PALETTE[k], marker="." if len(z) < 5 else "", label=f"$z_{k + 1}$")
    panel.axhline(0, color=FAINT, lw=0.5, zorder=0)
    panel.set(title="one sequence", xlabel="time")
    panel.legend(loc="upper right", labelcolor=INK)
