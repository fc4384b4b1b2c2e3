"""One batched training run, step by step: its configuration, its state, and the checkpoint it can go on from."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeGuard

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from identify.checkpoint import fingerprint, load_state, save_state
from identify.coupling_encoder import CouplingConfig
from identify.encoders import EncoderConfig
from identify.fitted import History
from identify.gradient_cosine import gradient_cosine
from identify.kalman_predictor import KalmanConfig, KalmanPredictor
from identify.methods import DEFAULT, Method
from identify.muon import BatchedMuon
from identify.network import Network
from identify.objective import Objective, training_objective
from identify.paired_methods import PairedMethod
from identify.paired_network import PairedNetwork
from identify.predictors import PredictorConfig


@dataclass(frozen=True)
class FitConfig:
    """Everything a run depends on besides data and seeds.

    Where no `method` is given it is matched kernels after a short warm start, the winner of the table in
    docs/estimators_report.md.
    `batch` counts windows of `window` consecutive frames; `steps=0` leaves the networks as they were initialised;
    `restarts` networks are trained for each seed and the best on training data is kept; `start_steps` is the length of
    the regression onto given codes, where a start is given. A paired method takes windows of 2 frames, the pairs; its
    `predictor` is left out where codes predict themselves, and `gradient_cosines` adds them to the history.
    """

    method: Method | PairedMethod = field(default=DEFAULT, kw_only=True)
    encoder: EncoderConfig | CouplingConfig
    predictor: PredictorConfig | KalmanConfig = field(default_factory=PredictorConfig)
    steps: int = 1000
    batch: int = 64
    window: int = 20
    optimizer: Literal["muon", "adamw"] = "muon"
    learning_rate: float = 0.1
    warm_up: float = 0.05
    restarts: int = 1
    start_steps: int = 600
    history_every: int = 10
    gradient_cosines: bool = False

    def __post_init__(self) -> None:
        for name, least in (("steps", 0), ("batch", 1), ("window", 2), ("restarts", 1), ("history_every", 1)):
            if getattr(self, name) < least:
                raise ValueError(f"{name}={getattr(self, name)}; it must be at least {least}")
        if self.optimizer not in ("muon", "adamw"):
            raise ValueError(f"optimizer={self.optimizer!r}; known are muon and adamw")
        if not self.learning_rate > 0:
            raise ValueError(f"learning_rate={self.learning_rate}; it must be above 0")
        if not 0 <= self.warm_up < 1:
            raise ValueError(f"warm_up={self.warm_up}; it is a share of the steps, from 0 up to but not including 1")
        if isinstance(self.method, PairedMethod):
            self._check_pairs()
        else:
            self._check_windows(self.method.latent.covariance)

    def _check_pairs(self) -> None:
        if self.window != 2:
            raise ValueError(f"window={self.window}; a paired method trains on pairs, give window=2")
        if not isinstance(self.predictor, PredictorConfig):
            raise ValueError("a paired method predicts from one frame; give a PredictorConfig as predictor")

    def _check_windows(self, covariance: str) -> None:
        if self.gradient_cosines:
            raise ValueError("gradient_cosines=True is for paired methods; give a PairedMethod or leave it out")
        if covariance == "filter":
            _check_filter(self.predictor)
        if covariance == "conditional" and isinstance(self.predictor, KalmanConfig):
            raise ValueError("covariance='conditional' is read off the last frame; give a PredictorConfig as predictor")
        if covariance == "whitened" and isinstance(self.encoder, CouplingConfig):
            raise ValueError("a coupling encoder cannot whiten its codes; give an EncoderConfig as encoder")
        if isinstance(self.predictor, KalmanConfig) and self.window < 3:
            raise ValueError(f"window={self.window}; a Kalman predictor starts from two lags, give at least 3 frames")

    def rate(self, step: int) -> float:
        """Learning rate at a step: linear warm-up, then half a cosine down to zero."""
        rising = max(1, round(self.warm_up * self.steps))
        if step < rising:
            return self.learning_rate * (step + 1) / rising
        return 0.5 * self.learning_rate * (1 + math.cos(math.pi * (step - rising) / max(1, self.steps - rising)))


def _check_filter(predictor: PredictorConfig | KalmanConfig) -> None:
    if not isinstance(predictor, KalmanConfig):
        raise ValueError("covariance='filter' needs the covariances of a filter; give a KalmanConfig as predictor")
    if predictor.input_noise is not None:
        raise ValueError(
            "covariance='filter' with input_noise: noise that depends on the input is no density inside the objective; "
            "give covariance='full', which leaves it in the gain"
        )


# Peak rate of the regression onto a start, Muon's; it falls linearly to zero.
_START_RATE = 0.05


def _generator(seed: int, restart: int) -> torch.Generator:
    """An independent stream for each restart of each seed."""
    (state,) = np.random.SeedSequence([seed, restart]).generate_state(1, np.uint64)
    return torch.Generator().manual_seed(int(state >> np.uint64(1)))


class Training:
    """The state of a batched run between steps; `owner` maps each network to the row of `inputs` it trains on."""

    def __init__(self, config: FitConfig, inputs: Float[Tensor, "u n t q"], seeds: Sequence[int]) -> None:
        self.config, self.inputs, self.seeds = config, inputs, tuple(seeds)
        self.generators = [_generator(seed, restart) for seed in seeds for restart in range(config.restarts)]
        networks = torch.arange(len(self.generators), device=inputs.device)
        self.owner: Int[Tensor, "s"] = networks // config.restarts if len(inputs) > 1 else torch.zeros_like(networks)
        network = _network(inputs.shape[-1], config, self.generators)
        self.network = network.to(inputs.device)
        self.initial = {name: value.detach().clone() for name, value in network.state_dict().items()}
        self.optimizer = _optimizer(network, config)
        self.step = 0
        self.diverged = torch.zeros(len(self.generators), dtype=torch.bool)
        self.records: list[Tensor] = []

    def regress(self, targets: Float[Tensor, "u n t m"], steps: int) -> None:
        """Start from the least-squares encoders of these codes and the predictors of their future, both `initial`."""
        optimizer = BatchedMuon(self.network.parameters(), lr=_START_RATE)
        for step in range(steps):
            for group in optimizer.param_groups:
                group["lr"] = _START_RATE * (1 - step / steps)
            where = self._window_indices()
            codes = targets[where]
            z = self.network.encoder(self.inputs[where].flatten(1, 2)).unflatten(1, codes.shape[1:3])
            to_codes = (z - codes).square().mean((1, 2, 3))
            optimizer.zero_grad(set_to_none=True)
            (to_codes + self.network.prediction_loss(codes)).sum().backward()
            optimizer.step()
        self.initial = {name: value.detach().clone() for name, value in self.network.state_dict().items()}

    def _window_indices(self) -> tuple[Int[Tensor, "s 1 1"], Int[Tensor, "s b 1"], Int[Tensor, "s b w"]]:
        """Random windows, drawn by each network from its own data with its own generator.

        Sequences are tiled with windows from a random offset, and one tile is taken from each of `batch` equal strata
        of all tiles: no frame comes twice in a batch, where it would be its own nearest neighbour.
        """
        n, t = self.inputs.shape[1:3]
        batch, window, device = self.config.batch, self.config.window, self.inputs.device
        strata = torch.arange(batch, dtype=torch.float64)
        rows, starts = [], []
        for generator in self.generators:
            offset = int(torch.randint(min(window, t - window + 1), (), generator=generator))
            tiles = (t - offset) // window
            drawn = strata + torch.rand(batch, generator=generator, dtype=strata.dtype)
            tile = (drawn * (n * tiles / batch)).long().clamp_max(n * tiles - 1)
            rows.append(tile // tiles)
            starts.append(offset + window * (tile % tiles))
        frame = torch.stack(starts).to(device)[:, :, None] + torch.arange(window, device=device)
        return self.owner[:, None, None], torch.stack(rows).to(device)[:, :, None], frame

    def advance(self) -> None:
        """One step of every network that is still finite."""
        config = self.config
        for group in self.optimizer.param_groups:
            group["lr"] = config.rate(self.step)
        y = self.inputs[self._window_indices()]
        self._enter_phase(y)
        recorded = self.step % config.history_every == 0 or self.step == config.steps - 1
        cosine = [gradient_cosine(self.network, y)] if recorded and self._takes_cosines(self.network) else []
        parts = self._objective(y)
        value = parts.alignment + parts.entropy
        self.optimizer.zero_grad(set_to_none=True)
        value.sum().neg().backward()
        self._step_finite(value.detach())
        if recorded:
            level = torch.full_like(parts.alignment, self.step)
            self.records.append(torch.stack([level, *parts, *cosine]).detach().cpu())
        self.step += 1

    def _takes_cosines(self, network: Network) -> TypeGuard[PairedNetwork]:
        return self.config.gradient_cosines and isinstance(network, PairedNetwork)

    def _objective(self, y: Float[Tensor, "s b w q"]) -> Objective:
        """What this step maximises."""
        network, method, share = self.network, self.config.method, self.step / self.config.steps
        if isinstance(network, PairedNetwork):
            return Objective(*network.objective(y, share))
        assert isinstance(method, Method)
        z, predictions, factors = network.law(y)
        return training_objective(z, predictions, method, share < method.warm_start, factors, network.densities(z))

    def _enter_phase(self, y: Float[Tensor, "s b w q"]) -> None:
        """A Kalman predictor is linear at first; at the first step of its own it starts from the codes' moments."""
        predictor = self.network.predictor
        if isinstance(predictor, KalmanPredictor) and isinstance(self.config.predictor, KalmanConfig):
            first = int(self.config.predictor.warm_start * self.config.steps)
            if first and self.step == first:
                with torch.no_grad():
                    predictor.start_filter(self.network.encoder(y.flatten(1, 2)).unflatten(1, y.shape[1:3]))
            predictor.filtering = self.step >= first

    def _step_finite(self, value: Float[Tensor, "s"]) -> None:
        """Step, but leave networks whose objective or gradient is or was not finite where they are."""
        self.diverged |= ~value.isfinite().cpu()
        grads = [p.grad.reshape(len(value), -1) for p in self.network.parameters() if p.grad is not None]
        self.diverged |= ~torch.cat(grads, 1).isfinite().all(-1).cpu()
        kept = [p.detach()[self.diverged] for p in self.network.parameters()] if bool(self.diverged.any()) else []
        self.optimizer.step()
        for parameter, old in zip(self.network.parameters(), kept, strict=bool(kept)):
            parameter.data[self.diverged] = old

    def history(self, networks: Int[Tensor, "k"]) -> History:
        """Alignment and entropy along the run, of the chosen networks."""
        keep = networks.cpu()
        if not self.records:
            return History(torch.zeros(0, dtype=torch.long), torch.zeros(len(keep), 0), torch.zeros(len(keep), 0))
        step, *kept = torch.stack(self.records, 1).unbind(0)
        return History(step[:, 0].long(), *(one.T[keep].contiguous() for one in kept))

    def save(self, path: Path) -> None:
        """Write everything the next step depends on."""
        tensors = {f"network/{name}": value for name, value in self.network.state_dict().items()}
        tensors |= {f"initial/{name}": value for name, value in self.initial.items()}
        for index, state in self.optimizer.state_dict()["state"].items():
            tensors |= {f"optimizer/{index}/{name}": value for name, value in state.items()}
        tensors |= {f"generator/{i}": generator.get_state() for i, generator in enumerate(self.generators)}
        tensors |= {"diverged": self.diverged, "records": torch.stack(self.records)}
        save_state(path, tensors, self.config, self.seeds, self.step, fingerprint(self.inputs))

    def restore(self, path: Path) -> None:
        """Go on from a checkpoint of the same configuration, seeds and data; ValueError otherwise."""
        tensors, self.step = load_state(path, self.config, self.seeds, fingerprint(self.inputs))
        self.network.load_state_dict(_below("network/", tensors))
        self.initial = {name: value.to(self.inputs.device) for name, value in _below("initial/", tensors).items()}
        state = self.optimizer.state_dict()
        for key, value in _below("optimizer/", tensors).items():
            index, name = key.split("/")
            state["state"].setdefault(int(index), {})[name] = value
        self.optimizer.load_state_dict(state)
        for i, generator in enumerate(self.generators):
            generator.set_state(tensors[f"generator/{i}"])
        self.diverged, self.records = tensors["diverged"], list(tensors["records"].unbind(0))


def _network(inputs: int, config: FitConfig, generators: Sequence[torch.Generator]) -> Network:
    method, predictor = config.method, config.predictor
    if isinstance(method, PairedMethod):
        assert isinstance(predictor, PredictorConfig)
        return PairedNetwork(inputs, config.encoder, predictor, generators, method)
    return Network(inputs, config.encoder, predictor, generators, method.latent)


def _below(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}


def _optimizer(network: nn.Module, config: FitConfig) -> torch.optim.Optimizer:
    if config.optimizer == "muon":
        return BatchedMuon(network.parameters(), lr=config.learning_rate)
    return torch.optim.AdamW(network.parameters(), lr=config.learning_rate, betas=(0.9, 0.99), weight_decay=1e-4)
