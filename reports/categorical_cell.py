r"""Categorical LDM on handwritten digits: a softmax encoder, two images of one digit as views (LDM A.8, Fig. A8).

The model says that views share one of K = 10 categories with probability $p_\theta$; in these data they always do.

- LDM form: F = -KL(R(z, z') || P(z, z')), at most 0, reached where codes share a category with probability p_theta.
- MI form: F <= log p_theta + log K, reached only by one category for each digit with certainty.

`raised` lets p_theta grow from FIRST_MATCH to its value over the first half of training: as long as the model expects
few matches, sharing a category pays little, and digits part before they can merge. Accuracy is that of the likeliest
category, matched to digits on the training images (Hungarian) and scored on the held-out ones.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import numpy as np
import torch
from jaxtyping import Float, Int
from scipy.optimize import linear_sum_assignment
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from identify.paired_methods import CATEGORICAL, CATEGORICAL_MI, PairedMethod
from identify.paired_objectives.categorical_pair import CategoricalPair
from reports.cell import CellResult, Progress
from reports.digit_pairs import DIGITS, PIXELS, Images, draw_pairs, split_digits
from reports.over_seeds import over_seeds

FORMS = {"LDM": CATEGORICAL, "MI": CATEGORICAL_MI}
FIRST_MATCH = 0.3
NEAR = 0.1
"""Nats within which a run counts as at its optimum: two digits in one category cost .2 log 2 = .14 in either form."""
USED = 0.02
"""Least share of the training images for a category in use; a digit has a tenth."""
_PAIRS = 20_000

Codes = Float[Tensor, "n 10"]


@dataclass(frozen=True)
class DigitTraining:
    """Two hidden layers, AdamW on one cycle; views are images with Gaussian noise of standard deviation `noise`."""

    width: int = 128
    steps: int = 1000
    batch: int = 256
    learning_rate: float = 0.01
    weight_decay: float = 0.001
    noise: float = 0.1


@dataclass(frozen=True)
class CategoricalCell:
    """One form at one p_theta, several seeds; every seed has its own split, start and pairs.

    `form="supervised"` trains the same network on the digits themselves, as what any accuracy stands beside.
    """

    id: str
    form: Literal["LDM", "MI", "supervised"]
    match: float
    raised: bool
    seeds: tuple[int, ...]
    training: DigitTraining = DigitTraining()
    cost: float = 30.0

    def configuration(self) -> dict[str, Any]:
        """Everything the result depends on."""
        return {
            "id": self.id,
            "form": self.form,
            "match": self.match,
            "raised": self.raised,
            "seeds": list(self.seeds),
            "training": asdict(self.training),
        }

    def compute(self, device: str, progress: Progress) -> CellResult:
        """Train and measure seed by seed, on the processor: the network is too small for anything else."""
        runs, entropies, right = [], [], []
        shown: dict[str, np.ndarray] = {}
        for done, seed in enumerate(self.seeds):
            train, test = split_digits(seed)
            encoder = self._train(train, seed)
            with torch.no_grad():
                before, codes = (encoder(side.pixels).double().softmax(-1) for side in (train, test))
            category = match_categories(before, train.digit)
            hits = category[codes.argmax(-1)] == test.digit
            entropy = entropies_of(codes)
            runs.append(self._run(seed, train, before, category, hits, entropy))
            entropies.append(entropy.numpy())
            right.append(hits.numpy().astype(np.uint8))
            shown = shown or _examples(test, codes, category, entropy)
            progress(done + 1, len(self.seeds))
        names = ("accuracy", "entropy", "match", "categories")
        summary = {
            "kind": "categorical",
            "world": "digits",
            "method": f"categorical, {self.form}",
            "form": self.form,
            "match": self.match,
            "raised": self.raised,
            "steps": self.training.steps,
            "runs": runs,
            "over_seeds": {name: over_seeds([float(run[name]) for run in runs], _MOST[name]) for name in names},
        }
        return CellResult(summary, shown | {"entropy": np.stack(entropies), "right": np.stack(right)})

    def _train(self, train: Images, seed: int) -> nn.Module:
        set_up = self.training
        generator = torch.Generator().manual_seed(seed)
        encoder = digit_encoder(train.pixels.mean(0), set_up.width, generator)
        optimiser = torch.optim.AdamW(
            encoder.parameters(), set_up.learning_rate, betas=(0.9, 0.99), weight_decay=set_up.weight_decay
        )
        cycle = torch.optim.lr_scheduler.OneCycleLR(
            optimiser, set_up.learning_rate, total_steps=set_up.steps, pct_start=0.1
        )
        for step in range(set_up.steps):
            pairs = draw_pairs(train.digit, set_up.batch, generator)
            views = train.pixels[torch.cat(pairs)]
            views = views + set_up.noise * torch.randn(views.shape, generator=generator)
            loss = self._loss(encoder(views), train.digit[pairs[0]], step)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            cycle.step()
        return encoder

    def _loss(self, logits: Float[Tensor, "n 10"], digit: Int[Tensor, " k"], step: int) -> Tensor:
        if self.form == "supervised":
            return cross_entropy(logits, digit.repeat(2))
        share = min(1.0, 2 * step / self.training.steps) if self.raised else 1.0
        first, second = logits.softmax(-1).chunk(2)
        return self._method(FIRST_MATCH + share * (self.match - FIRST_MATCH)).loss(first, second)

    def _method(self, match: float) -> PairedMethod:
        return replace(FORMS[self.form], model=CategoricalPair.with_match(match, DIGITS))

    def _run(
        self,
        seed: int,
        train: Images,
        codes: Float[Tensor, "k 10"],
        category: Int[Tensor, " 10"],
        hits: Tensor,
        entropy: Float[Tensor, " n"],
    ) -> dict[str, Any]:
        first, second = (codes[rows] for rows in draw_pairs(train.digit, _PAIRS, torch.Generator().manual_seed(seed)))
        likeliest = codes.argmax(-1)
        run = {
            "seed": seed,
            "accuracy": float(hits.double().mean()),
            "train_accuracy": float((category[likeliest] == train.digit).double().mean()),
            "entropy": float(entropy.mean()),
            "entropy_right": float(entropy[hits].mean()),
            "entropy_wrong": None if bool(hits.all()) else float(entropy[~hits].mean()),
            "match": float((first * second).sum(-1).mean()),
            "categories": int((torch.bincount(likeliest, minlength=DIGITS) > USED * len(train.digit)).sum()),
        }
        return run if self.form == "supervised" else run | {"optimum": self._optimum(first, second)}

    def _optimum(self, first: Codes, second: Codes) -> dict[str, Any]:
        """The objective on pairs of training images without noise, beside the largest value that it can take."""
        found = float(self._method(self.match).objective(first, second).total)
        best = 0.0 if self.form == "LDM" else math.log(self.match) + math.log(DIGITS)
        return {"reached": found > best - NEAR, "objective": found, "oracle": best, "standard_error": None}


_MOST = {"accuracy": 1.0, "entropy": math.log(DIGITS), "match": 1.0, "categories": float(DIGITS)}


def digit_encoder(centre: Float[Tensor, " 64"], width: int, generator: torch.Generator) -> nn.Module:
    """Logits of centred images; the last bias starts at zero, all weights at the usual uniform law."""
    layers = [nn.Linear(PIXELS, width), nn.Linear(width, width), nn.Linear(width, DIGITS)]
    with torch.no_grad():
        for layer in layers:
            bound = 1 / math.sqrt(layer.in_features)
            layer.weight.uniform_(-bound, bound, generator=generator)
            layer.bias.uniform_(-bound, bound, generator=generator)
        layers[0].bias.sub_(layers[0].weight @ centre)
        layers[-1].bias.zero_()
    return nn.Sequential(layers[0], nn.SiLU(), layers[1], nn.SiLU(), layers[2])


def match_categories(codes: Codes, digit: Int[Tensor, " n"]) -> Int[Tensor, " 10"]:
    """The digit of each category, one to one, that most images agree with (Hungarian method)."""
    counts = torch.zeros(DIGITS, DIGITS).index_put_((codes.argmax(-1), digit), torch.ones(len(digit)), accumulate=True)
    categories, digits = linear_sum_assignment(counts.numpy(), maximize=True)
    matched = torch.empty(DIGITS, dtype=torch.long)
    matched[torch.from_numpy(categories)] = torch.from_numpy(digits)
    return matched


def entropies_of(codes: Codes) -> Float[Tensor, " n"]:
    """Entropy of every image's encoding, in nats."""
    return torch.special.entr(codes).sum(-1)


def _examples(
    test: Images, codes: Codes, category: Int[Tensor, " 10"], entropy: Float[Tensor, " n"]
) -> dict[str, np.ndarray]:
    """Of each digit the image with the least entropy, and the ten images with the most, likeliest digits first."""
    least = [int(torch.where(test.digit == k, entropy, torch.inf).argmin()) for k in range(DIGITS)]
    most = entropy.argsort(descending=True)[:DIGITS].tolist()
    found: dict[str, np.ndarray] = {}
    for name, rows in (("typical", least), ("odd", most)):
        two = codes[rows].topk(2).indices
        found |= {
            f"{name}/pixels": test.pixels[rows].numpy(),
            f"{name}/entropy": entropy[rows].numpy(),
            f"{name}/digit": test.digit[rows].numpy(),
            f"{name}/likeliest": category[two].numpy(),
        }
    return found
