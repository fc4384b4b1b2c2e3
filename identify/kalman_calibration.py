r"""Calibration: the system of trained codes, by maximum likelihood on sequences that the encoder never saw.

An encoder fits its training frames, so their codes are less noisy than those of new frames, and the noise R learned
beside it is too small: 95 % regions then cover less the longer it trains. With the encoder held fixed,

$$\max_{A,Q,D,c,\mu_1,P_1,R_k,G_k}\ \big\langle\log P(z'_t|z'_{:t})+\log|\det G_{k_t}|\big\rangle,\qquad
z'_t=c+G_{k_t}(z_t-c)=c+Dh_t+\mathcal N(0,R_{k_t}),$$

on new sequences has a maximum even where noise R and stretch G depend on the frame through its class k_t: H[z] no
longer changes, so nothing can leak into the density (check `kalman-input-noise`). G undoes that codes of noisy frames
are drawn towards their mean, as estimates are. A class may tell how noisy a frame is (`kalman_noise_level`) and nothing
about z: given classes that depend on z the noise is not normal. No latent is needed. What an encoder distorts smoothly
is part of the state and no noise to any likelihood: regions cover it only as far as it cannot be predicted.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from identify.kalman_filter import Filtered, predict, predictive_log_prob, unchecked_predict, update
from identify.kalman_parameters import KalmanParameters, covariance_inverse, covariance_of
from identify.kalman_system import KalmanSystem, StepNoise, Windows

Classes = Int[Tensor, "s b t"]


@dataclass(frozen=True)
class CalibrationConfig:
    """Adam steps on `batch` windows of `window` frames, the rate falling to zero by half a cosine."""

    steps: int = 300
    learning_rate: float = 0.02
    batch: int = 64
    window: int = 25

    def __post_init__(self) -> None:
        for name, least in (("steps", 1), ("batch", 1), ("window", 2)):
            if getattr(self, name) < least:
                raise ValueError(f"{name}={getattr(self, name)}; it must be at least {least}")
        if not self.learning_rate > 0:
            raise ValueError(f"learning_rate={self.learning_rate}; it must be above 0")

    def rate(self, step: int) -> float:
        """Learning rate at a step."""
        return 0.5 * self.learning_rate * (1 + math.cos(math.pi * step / self.steps))


class ClassNoise(NamedTuple):
    """R_k and G_k of every class of frames."""

    covariance: Float[Tensor, "s c m m"]
    stretch: Float[Tensor, "s c m m"]

    def step_noise(self, classes: Classes) -> StepNoise:
        """R_t of every frame."""
        return _of_classes(self.covariance, classes)

    def stretched(self, z: Windows, system: KalmanSystem, classes: Classes) -> Windows:
        """z' of every frame."""
        offset = system.offset[:, None, None]
        return offset + (_of_classes(self.stretch, classes) @ (z - offset)[..., None])[..., 0]

    def level(self, classes: Classes) -> Float[Tensor, "s b t"]:
        """Inferred deviation of every frame's noise, the geometric mean over directions of the code."""
        m = self.covariance.shape[-1]
        deviations = (torch.linalg.slogdet(self.covariance).logabsdet / (2 * m)).exp()
        return torch.stack([one[frames] for one, frames in zip(deviations, classes, strict=True)])


class Calibrated(NamedTuple):
    """A system, and the noise of each class of frames where there are classes."""

    system: KalmanSystem
    noise: ClassNoise | None

    def filter(self, z: Windows, classes: Classes | None = None) -> Filtered:
        """State of every frame given the past and the frame, with its covariance.

        ValueError where classes are given without their noise, or the reverse.
        """
        if classes is None and self.noise is None:
            return update(z, self.system, predict(z, self.system))
        if classes is None or self.noise is None:
            given = "None" if classes is None else "given"
            raise ValueError(f"classes are {given}: give classes if and only if the calibration had them")
        noise, z = self.noise.step_noise(classes), self.noise.stretched(z, self.system, classes)
        return update(z, self.system, predict(z, self.system, noise=noise), noise=noise)


def calibrate(
    z: Windows,
    start: KalmanParameters,
    generator: torch.Generator,
    classes: Classes | None = None,
    config: CalibrationConfig | None = None,
) -> Calibrated:
    """Maximum likelihood from the trained parameters `start`, which stay as they are.

    ValueError on sequences that are too short, and on classes that do not fit z or of which one has hardly a frame.
    """
    config = config or CalibrationConfig()
    _check(z, classes, config)
    learned = _copy(start)
    raw = [] if classes is None else _class_start(learned, int(classes.max()) + 1)
    optimizer = torch.optim.Adam([*learned.parameters(), *raw], lr=config.learning_rate)
    for step in range(config.steps):
        for group in optimizer.param_groups:
            group["lr"] = config.rate(step)
        part, frames = _windows(z, classes, generator, config)
        value = _log_likelihood(part, learned.system(), _class_noise(raw), frames)
        optimizer.zero_grad(set_to_none=True)
        value.sum().neg().backward()
        optimizer.step()
    with torch.no_grad():
        return Calibrated(KalmanSystem(*(part.clone() for part in learned.system())), _class_noise(raw))


def _log_likelihood(
    z: Windows, system: KalmanSystem, noise: ClassNoise | None, classes: Classes | None
) -> Float[Tensor, "s"]:
    """Mean over all frames but the first: windows start anywhere, whatever the law of the sequences' first frame."""
    if noise is None or classes is None:
        return predictive_log_prob(z, unchecked_predict(z, system))[:, :, 1:].mean((1, 2))
    bent = noise.stretched(z, system, classes)
    terms = predictive_log_prob(bent, unchecked_predict(bent, system, noise=noise.step_noise(classes)))
    volume = torch.linalg.slogdet(noise.stretch).logabsdet
    grown = torch.stack([one[frames] for one, frames in zip(volume, classes, strict=True)])
    return (terms + grown)[:, :, 1:].mean((1, 2))


def _class_noise(raw: list[nn.Parameter]) -> ClassNoise | None:
    return ClassNoise(covariance_of(raw[0]), raw[1].clone()) if raw else None


def _class_start(learned: KalmanParameters, classes: int) -> list[nn.Parameter]:
    """Every class at the common noise, nothing stretched."""
    with torch.no_grad():
        noise = covariance_inverse(covariance_of(learned.noise))[:, None].repeat(1, classes, 1, 1)
    return [nn.Parameter(noise), nn.Parameter(torch.eye(noise.shape[-1]).to(noise).expand_as(noise).clone())]


def _copy(start: KalmanParameters) -> KalmanParameters:
    s, m, k = start.readout.shape
    learned = KalmanParameters(m, k, [torch.Generator() for _ in range(s)]).to(start.readout)
    learned.load_state_dict(start.state_dict())
    return learned


def _of_classes(values: Float[Tensor, "s c m m"], classes: Classes) -> Float[Tensor, "s b t m m"]:
    return torch.stack([one[frames] for one, frames in zip(values, classes, strict=True)])


def _windows(
    z: Windows, classes: Classes | None, generator: torch.Generator, config: CalibrationConfig
) -> tuple[Float[Tensor, "s w u m"], Int[Tensor, "s w u"] | None]:
    rows = torch.randint(z.shape[1], (config.batch,), generator=generator).to(z.device)
    first = int(torch.randint(z.shape[2] - config.window + 1, (), generator=generator))
    frames = slice(first, first + config.window)
    return z[:, rows, frames], None if classes is None else classes[:, rows, frames]


def _check(z: Windows, classes: Classes | None, config: CalibrationConfig) -> None:
    if z.ndim != 4 or z.shape[2] < config.window:
        raise ValueError(
            f"z has shape {tuple(z.shape)}; give [s b t m] with at least window={config.window} frames a sequence"
        )
    if not bool(z.isfinite().all()):
        raise ValueError("z has a value that is not finite; calibrate networks that did not diverge")
    if classes is None:
        return
    if classes.shape != z.shape[:3]:
        raise ValueError(f"classes has shape {tuple(classes.shape)}; give one class a frame, {tuple(z.shape[:3])}")
    counts = torch.stack([one.flatten().bincount(minlength=int(classes.max()) + 1) for one in classes])
    if not bool((counts > z.shape[-1]).all()):
        network, scarce = (counts <= z.shape[-1]).nonzero()[0].tolist()
        raise ValueError(
            f"classes: class {scarce} of network {network} has {int(counts[network, scarce])} frames; "
            "give fewer classes, or more sequences"
        )
