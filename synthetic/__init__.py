"""Worlds with known latents: latent laws, transitions, noise, mixings, and what each of them guarantees."""

from synthetic.assumptions import Assumption, Declaration
from synthetic.ceiling import Ceiling
from synthetic.clamped_ceiling import clamped_ceiling
from synthetic.dot_image import DotImage
from synthetic.initial_law import InitialLaw, StandardNormal
from synthetic.leaky_network import LeakyReLU, leaky_network
from synthetic.limit_cycle import LimitCycle, NearCycle
from synthetic.markov_gaussian import markov_gaussian
from synthetic.mixing import Composition, Linear, Mixing
from synthetic.named_worlds import worlds
from synthetic.noise import GaussianNoise, Noise
from synthetic.predictor import Predictor, RotationTanh
from synthetic.selection import Selection, StaysInView
from synthetic.swirl import swirl_matrix
from synthetic.trajectories import Trajectories
from synthetic.transition import AdditiveNoise, Transition
from synthetic.wobbly import PUBLISHED_CEILING, published_ceiling, wobbly_in_view, wobbly_published, wobbly_selected
from synthetic.world import World

__all__ = [
    "PUBLISHED_CEILING",
    "AdditiveNoise",
    "Assumption",
    "Ceiling",
    "Composition",
    "Declaration",
    "DotImage",
    "GaussianNoise",
    "InitialLaw",
    "LeakyReLU",
    "LimitCycle",
    "Linear",
    "Mixing",
    "NearCycle",
    "Noise",
    "Predictor",
    "RotationTanh",
    "Selection",
    "StandardNormal",
    "StaysInView",
    "Trajectories",
    "Transition",
    "World",
    "clamped_ceiling",
    "leaky_network",
    "markov_gaussian",
    "published_ceiling",
    "swirl_matrix",
    "wobbly_in_view",
    "wobbly_published",
    "wobbly_selected",
    "worlds",
]
