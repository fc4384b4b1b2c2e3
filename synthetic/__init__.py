"""Worlds with known latents: latent laws, transitions, noise, mixings, and what each of them guarantees."""

from synthetic.assumptions import Assumption, Declaration
from synthetic.ceiling import Ceiling
from synthetic.clamped_ceiling import clamped_ceiling
from synthetic.constant_predictor import affine_r2_of_twist, constant_predictor
from synthetic.dot_image import DotImage
from synthetic.fold import fold, free_coordinate
from synthetic.gaussian_autoregression import PLANE_MIXINGS, gaussian_autoregression, plane_world
from synthetic.initial_law import DiagonalNormal, InitialLaw, StandardNormal
from synthetic.leaky_network import LeakyReLU, leaky_network
from synthetic.limit_cycle import LimitCycle, NearCycle
from synthetic.markov_gaussian import markov_gaussian
from synthetic.mixing import Composition, Linear, Mixing
from synthetic.named_worlds import violations, worlds
from synthetic.noise import GaussianNoise, Noise
from synthetic.nuisance import Nuisance, PrivateNormal
from synthetic.ornstein_uhlenbeck import ornstein_uhlenbeck
from synthetic.predictor import BlockPredictor, LinearPredictor, Predictor, RotationTanh
from synthetic.selection import Selection, StaysInView
from synthetic.shear import Banana, Shear, SineShear
from synthetic.swirl import swirl_matrix
from synthetic.tent_fold import TentFold
from synthetic.trajectories import Trajectories
from synthetic.transition import AdditiveNoise, Transition
from synthetic.twist import Twist
from synthetic.violation import Violation, density_gap
from synthetic.wobbly import (
    PUBLISHED_CEILING,
    LeavingProbability,
    leaving_probability,
    published_ceiling,
    wobbly_in_view,
    wobbly_published,
    wobbly_selected,
)
from synthetic.world import World

__all__ = [
    "PLANE_MIXINGS",
    "PUBLISHED_CEILING",
    "AdditiveNoise",
    "Assumption",
    "Banana",
    "BlockPredictor",
    "Ceiling",
    "Composition",
    "Declaration",
    "DiagonalNormal",
    "DotImage",
    "GaussianNoise",
    "InitialLaw",
    "LeakyReLU",
    "LeavingProbability",
    "LimitCycle",
    "Linear",
    "LinearPredictor",
    "Mixing",
    "NearCycle",
    "Noise",
    "Nuisance",
    "Predictor",
    "PrivateNormal",
    "RotationTanh",
    "Selection",
    "Shear",
    "SineShear",
    "StandardNormal",
    "StaysInView",
    "TentFold",
    "Trajectories",
    "Transition",
    "Twist",
    "Violation",
    "World",
    "affine_r2_of_twist",
    "clamped_ceiling",
    "constant_predictor",
    "density_gap",
    "fold",
    "free_coordinate",
    "gaussian_autoregression",
    "leaky_network",
    "leaving_probability",
    "markov_gaussian",
    "ornstein_uhlenbeck",
    "plane_world",
    "published_ceiling",
    "swirl_matrix",
    "violations",
    "wobbly_in_view",
    "wobbly_published",
    "wobbly_selected",
    "worlds",
]
