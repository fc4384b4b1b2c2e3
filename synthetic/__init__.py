"""Worlds with known latents: latent laws, transitions, noise, mixings, and what each of them guarantees."""

from synthetic.assumptions import Assumption, Declaration
from synthetic.ceiling import Ceiling
from synthetic.initial_law import InitialLaw, StandardNormal
from synthetic.leaky_network import LeakyReLU, leaky_network
from synthetic.markov_gaussian import markov_gaussian
from synthetic.mixing import Composition, Linear, Mixing
from synthetic.named_worlds import worlds
from synthetic.noise import GaussianNoise, Noise
from synthetic.predictor import Predictor, RotationTanh
from synthetic.trajectories import Trajectories
from synthetic.transition import AdditiveNoise, Transition
from synthetic.world import World

__all__ = [
    "AdditiveNoise",
    "Assumption",
    "Ceiling",
    "Composition",
    "Declaration",
    "GaussianNoise",
    "InitialLaw",
    "LeakyReLU",
    "Linear",
    "Mixing",
    "Noise",
    "Predictor",
    "RotationTanh",
    "StandardNormal",
    "Trajectories",
    "Transition",
    "World",
    "leaky_network",
    "markov_gaussian",
    "worlds",
]
