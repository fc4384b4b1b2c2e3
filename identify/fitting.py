"""Train LDM: several seeds in one batched run, windows of consecutive frames, warm-up and cosine decay.

Seed k's run depends on its own generator only (initialisation and batches), so it comes out the same, up to float
rounding, whichever seeds run beside it. Nothing here looks at true latents.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from identify.device import resolve_device
from identify.encoders import MLPEncoder, input_projection
from identify.fitted import Fitted
from identify.latent_models import GaussianConfig, fit_factor
from identify.methods import Method
from identify.network import Network
from identify.objective import held_out_objective
from identify.paired_methods import PairedMethod
from identify.paired_network import PairedNetwork
from identify.principal_components import Projection
from identify.training import FitConfig, Training
from identify.whitened_alignment import WhitenedConfig, whiten

Progress = Callable[[int, int], None]
Watch = Callable[[int, nn.Module], None]
"""Called as `watch(steps done, networks)`, the networks of all restarts of all seeds as they then are."""


def fit(
    x: Float[Tensor, "n t p"] | Sequence[Float[Tensor, "n t p"]],
    config: FitConfig,
    seeds: Sequence[int],
    device: str = "cpu",
    start: Sequence[Float[Tensor, "n t m"]] | None = None,
    progress: Progress | None = None,
    checkpoint: Path | None = None,
    checkpoint_every: int = 500,
    watch: Watch | None = None,
) -> Fitted:
    """Train one network per seed on sequences x (one data set for all seeds, or one of equal shape for each).

    The method is one for series (`identify.methods`) or a row of LDM table 1 (`identify.paired_methods`), which trains
    on pairs of consecutive frames; its codes lie in the row's space.

    With `start` (codes of the training frames, one set for each data set) the encoders begin as the regression of these
    codes on x instead of at random; with a small learning rate a violation's witness then stays where it was put.
    With `restarts` > 1 each seed trains that many networks and keeps the one with the best objective on its training
    data. With `checkpoint` the state is written there every `checkpoint_every` steps, and a run that finds the file
    goes on from it. A network whose objective stops being finite is frozen and flagged in `Fitted.diverged`.
    `watch` sees the networks after every step and has to leave them as they are.
    Raises ValueError on NaN, on too short sequences, on fewer frames than dimensions, and on a damaged checkpoint.
    """
    if not seeds or len(set(seeds)) != len(seeds):
        raise ValueError(f"seeds={list(seeds)}; give at least one seed, each once")
    data = [one.to(resolve_device(device)) for one in _checked(x, config, len(seeds))]
    projection = _projection(data, config)
    inputs = projection.project(data)
    training = Training(config, inputs, seeds)
    if checkpoint is not None and checkpoint.exists():
        training.restore(checkpoint)
    elif start is not None:
        training.regress(_start_codes(start, data, config).to(inputs), config.start_steps)
    while training.step < config.steps:
        training.advance()
        if progress is not None:
            progress(training.step, config.steps)
        if watch is not None:
            watch(training.step, training.network)
        if checkpoint is not None and (training.step % checkpoint_every == 0 or training.step == config.steps):
            training.save(checkpoint)
    return _finished(training, projection)


def _checked(x: Tensor | Sequence[Tensor], config: FitConfig, networks: int) -> list[Float[Tensor, "n t p"]]:
    """The data sets, one for all networks or one for each; raises ValueError on what cannot be trained on."""
    sets = [x] if isinstance(x, Tensor) else list(x)
    if not isinstance(x, Tensor) and len(sets) != networks:
        raise ValueError(f"x holds {len(sets)} data sets for {networks} seeds; give one, or one for each seed")
    shapes = {tuple(one.shape) for one in sets}
    if len(shapes) != 1 or sets[0].ndim != 3:
        raise ValueError(f"x has shape(s) {sorted(shapes)}; give sequences of one shape [n t p]")
    n, t, p = sets[0].shape
    for one in sets:
        if bool(one.isfinite().all()):
            continue
        first = (~one.isfinite()).nonzero()[0].tolist()
        raise ValueError(
            f"x has a NaN or infinite value, first at [sequence, step, channel] = {first}; remove or impute it"
        )
    if t < config.window:
        raise ValueError(f"x has sequences of {t} steps, shorter than window={config.window}; choose a shorter window")
    if n * t <= p:
        raise ValueError(f"x has {n * t} frames of {p} channels; more frames than channels are needed")
    fewest_tiles = max(1, (t - min(config.window, t - config.window + 1) + 1) // config.window)
    if config.batch > n * fewest_tiles:
        raise ValueError(
            f"batch={config.batch}: x holds only {n * fewest_tiles} windows of {config.window} frames that do not "
            "overlap; lower batch or window, or give more data"
        )
    if config.batch * (config.window - 1) <= 2 * config.encoder.width:
        raise ValueError(
            f"batch={config.batch} windows of {config.window} frames are too few to estimate the entropy of "
            f"{config.encoder.width} dimensions; raise batch above {2 * config.encoder.width // (config.window - 1)}"
        )
    return sets


def _start_codes(
    start: Sequence[Float[Tensor, "n t m"]], data: Sequence[Float[Tensor, "n t p"]], config: FitConfig
) -> Float[Tensor, "u n t m"]:
    codes = torch.stack(list(start))
    expected = (len(data), *data[0].shape[:2], config.encoder.width)
    if codes.shape != expected:
        raise ValueError(f"start has shape {tuple(codes.shape)}; give one code a frame, shape {expected}")
    return codes


def _code_dimension(config: FitConfig) -> int:
    """Free coordinates of a code; categories are no latents, their codes have none."""
    if isinstance(config.method, PairedMethod):
        return config.method.model.space(config.encoder.width).dimension
    return config.encoder.width


def _projection(data: list[Float[Tensor, "n t p"]], config: FitConfig) -> Projection:
    """Principal components of the frames; raises ValueError where they are fewer than a code has dimensions."""
    projection = input_projection([one.flatten(0, 1) for one in data], config.encoder)
    if projection.basis.shape[-1] < _code_dimension(config):
        raise ValueError(
            f"x has rank {projection.basis.shape[-1]}, below the code width {config.encoder.width} (dimension "
            f"{_code_dimension(config)}): a wider code would have entropy minus infinity; choose a smaller width"
        )
    return projection


def _finished(training: Training, projection: Projection) -> Fitted:
    """The best network of each seed, its codes whitened where they count as whitened."""
    best, objectives = _best_restarts(training)
    owner = training.owner[best]
    inputs, network = training.inputs[owner], training.network.select(best)
    _whiten(network, inputs, training.config.method)
    return Fitted(
        config=training.config,
        seeds=training.seeds,
        network=network,
        projection=Projection(projection.mean[owner], projection.basis[owner], projection.kept),
        initial={name: value[best] for name, value in training.initial.items()},
        factor=_noise_factor(network, inputs, training.config),
        history=training.history(best),
        diverged=tuple(training.diverged[best.cpu()].tolist()),
        restart_objectives=objectives,
    )


# Frames on which restarts are compared and the noise covariance is fitted.
_JUDGED_FRAMES = 8_000


def _judged(inputs: Float[Tensor, "s n t q"]) -> Float[Tensor, "s k t q"]:
    return inputs[:, : max(2, _JUDGED_FRAMES // inputs.shape[2])]


def _noise_factor(network: Network, inputs: Float[Tensor, "s n t q"], config: FitConfig) -> Float[Tensor, "s m m"]:
    """Noise covariance of each trained network on its training sequences.

    A `fixed` noise level is no property of the code (it trains at any scale), so the full covariance stands in for it,
    and so it does beside the scale of a paired method and for whitened codes.
    """
    with torch.no_grad():
        z, predictions = network(_judged(inputs))
        residuals = (z[:, :, 1:] - predictions).flatten(1, 2)
        fixed = isinstance(config.method, Method) and config.method.latent.covariance == "fixed"
        return fit_factor(residuals, GaussianConfig("full") if fixed else _structure(config.method))


def _whiten(network: Network, inputs: Float[Tensor, "s n t q"], method: Method | PairedMethod) -> None:
    """Where codes count as whitened, make them so on these inputs."""
    if isinstance(method, Method) and isinstance(method.latent, WhitenedConfig):
        assert isinstance(network.encoder, MLPEncoder)
        whiten(network.encoder, inputs.flatten(1, 2), method.latent.centred)


def _structure(method: Method | PairedMethod) -> GaussianConfig:
    """Structure of the noise covariance; full where the method says nothing of it."""
    if isinstance(method, Method) and isinstance(method.latent, GaussianConfig):
        return method.latent
    return GaussianConfig("full")


def _best_restarts(training: Training) -> tuple[Int[Tensor, "s"], Float[Tensor, "s r"]]:
    """Index of each seed's best network by the objective on training data, and the objectives of all."""
    config, networks = training.config, len(training.owner)
    objectives = torch.full((networks,), -math.inf)
    if config.restarts > 1 and isinstance(training.network, PairedNetwork):
        found = training.network.held_out(_judged(training.inputs)[training.owner])
        objectives = torch.tensor([one.value for one in found])
    elif config.restarts > 1 and isinstance(config.method, Method):
        with torch.no_grad():
            judged = _judged(training.inputs)[training.owner]
            z, predictions = training.network(judged)
            residuals = z[:, :, 1:] - predictions
            factor = fit_factor(residuals.flatten(1, 2), _structure(config.method))
            own = training.network.densities(z)
            for i in range(networks):
                density = None if own is None else own[i]
                objectives[i] = held_out_objective(z[i], residuals[i], factor[i], config.method, density).value
    table = objectives.reshape(-1, config.restarts)
    best = table.argmax(-1) + config.restarts * torch.arange(len(table))
    return best.to(training.inputs.device), table
