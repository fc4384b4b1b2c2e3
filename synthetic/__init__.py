"""Worlds with known latents: latent laws, transitions, noise, mixings, and what each of them guarantees."""

from synthetic.alignment_violation import (
    AlignmentViolation,
    SecondHermite,
    SignFold,
    fold_correlation,
    negative_correlation,
    unequal_correlations,
)
from synthetic.assumptions import Assumption, Declaration
from synthetic.ceiling import Ceiling
from synthetic.clamped_ceiling import clamped_ceiling
from synthetic.common_cause import common_cause
from synthetic.constant_predictor import affine_r2_of_twist, constant_predictor
from synthetic.context_covariance import TiltedGaussian, context_covariance
from synthetic.context_gaussian import ContextGaussian
from synthetic.cubed_signal import Cube, CubicMean, cubed_signal
from synthetic.deficiency_two import affine_r2_of_turn, deficiency_two
from synthetic.delayed_copy import delayed_copy
from synthetic.dot_image import DotImage
from synthetic.fold import fold, free_coordinate
from synthetic.fourier_series import FourierSeries
from synthetic.free_density import free_density
from synthetic.gaussian_autoregression import PLANE_MIXINGS, gaussian_autoregression, plane_world
from synthetic.ignored_signal import ignored_signal
from synthetic.independent_coordinate import independent_coordinate
from synthetic.independent_noise import HeteroscedasticNoise, IndependentNoise, NoiseStart, ScaledNoise
from synthetic.info_violation import (
    InfoObjective,
    InfoSamples,
    InfoTerms,
    InfoViolation,
    info_samples,
    normal_information,
)
from synthetic.initial_law import DiagonalNormal, InitialLaw, StandardNormal
from synthetic.inverse_map import InverseMap
from synthetic.latent_space import Box, Euclidean, LatentSpace, Product, Simplex, Sphere, torus
from synthetic.leaky_network import LeakyReLU, leaky_network
from synthetic.level_set_flow import LevelSetFlow, ShrinkingGaussian, level_set_flow
from synthetic.limit_cycle import LimitCycle, NearCycle
from synthetic.linear_gaussian import linear_gaussian
from synthetic.linear_nuisance import LinearNuisance
from synthetic.markov_gaussian import markov_gaussian
from synthetic.mixing import Composition, Linear, Mixing
from synthetic.moving_rotation import MovingRotation, TurnByPast, TurnByTime, encoder_of_the_past, encoder_of_the_time
from synthetic.named_worlds import alignment_violations, info_violations, positive_controls, violations, worlds
from synthetic.noise import GaussianNoise, Noise, SingularGaussianNoise
from synthetic.nuisance import Nuisance, PrivateNormal
from synthetic.ornstein_uhlenbeck import ornstein_uhlenbeck
from synthetic.positive_control import (
    Jumps,
    MomentCurve,
    PositiveControl,
    deficiency_one,
    jumps,
    moment_curve,
    one_dimension,
)
from synthetic.predictor import BlockPredictor, LinearPredictor, Predictor, RotationTanh, TanhPredictor
from synthetic.pushed_law import PushedInitial, PushedTransition
from synthetic.redundant_statistic import redundant_parameters, redundant_statistic
from synthetic.selection import Selection, StaysInView
from synthetic.sequence_map import Marginal, Pointwise, SequenceMap
from synthetic.shear import Banana, Shear, SineShear
from synthetic.signal_code import SignalCode
from synthetic.signal_world import Contexts, SignalWorld, autoregressive_signal, normal_contexts
from synthetic.sphere_worlds import CircleShift, affine_r2_of_shift, axial_sphere, constant_circle
from synthetic.standard_law import LAPLACE, NORMAL, GaussianMixture, GeneralisedNormal, StandardLaw, StudentT, Uniform
from synthetic.swirl import swirl_matrix
from synthetic.tent_fold import TentFold
from synthetic.trajectories import Trajectories
from synthetic.transition import AdditiveNoise, Transition
from synthetic.turn import ArctanTurn, LinearTurn, SphericalTurn, Turn
from synthetic.twist import Twist
from synthetic.two_contexts import TurnedMean, bit_information, two_contexts
from synthetic.violation import Violation, density_gap
from synthetic.von_mises_fisher import Latest, Pole, PoleStart, VonMisesFisher
from synthetic.warp import SinhWarp, Warp
from synthetic.warped_latents import affine_r2_of_sinh, warped_latents
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
    "LAPLACE",
    "NORMAL",
    "PLANE_MIXINGS",
    "PUBLISHED_CEILING",
    "AdditiveNoise",
    "AlignmentViolation",
    "ArctanTurn",
    "Assumption",
    "Banana",
    "BlockPredictor",
    "Box",
    "Ceiling",
    "CircleShift",
    "Composition",
    "ContextGaussian",
    "Contexts",
    "Cube",
    "CubicMean",
    "Declaration",
    "DiagonalNormal",
    "DotImage",
    "Euclidean",
    "FourierSeries",
    "GaussianMixture",
    "GaussianNoise",
    "GeneralisedNormal",
    "HeteroscedasticNoise",
    "IndependentNoise",
    "InfoObjective",
    "InfoSamples",
    "InfoTerms",
    "InfoViolation",
    "InitialLaw",
    "InverseMap",
    "Jumps",
    "LatentSpace",
    "Latest",
    "LeakyReLU",
    "LeavingProbability",
    "LevelSetFlow",
    "LimitCycle",
    "Linear",
    "LinearNuisance",
    "LinearPredictor",
    "LinearTurn",
    "Marginal",
    "Mixing",
    "MomentCurve",
    "MovingRotation",
    "NearCycle",
    "Noise",
    "NoiseStart",
    "Nuisance",
    "Pointwise",
    "Pole",
    "PoleStart",
    "PositiveControl",
    "Predictor",
    "PrivateNormal",
    "Product",
    "PushedInitial",
    "PushedTransition",
    "RotationTanh",
    "ScaledNoise",
    "SecondHermite",
    "Selection",
    "SequenceMap",
    "Shear",
    "ShrinkingGaussian",
    "SignFold",
    "SignalCode",
    "SignalWorld",
    "Simplex",
    "SineShear",
    "SingularGaussianNoise",
    "SinhWarp",
    "Sphere",
    "SphericalTurn",
    "StandardLaw",
    "StandardNormal",
    "StaysInView",
    "StudentT",
    "TanhPredictor",
    "TentFold",
    "TiltedGaussian",
    "Trajectories",
    "Transition",
    "Turn",
    "TurnByPast",
    "TurnByTime",
    "TurnedMean",
    "Twist",
    "Uniform",
    "Violation",
    "VonMisesFisher",
    "Warp",
    "World",
    "affine_r2_of_shift",
    "affine_r2_of_sinh",
    "affine_r2_of_turn",
    "affine_r2_of_twist",
    "alignment_violations",
    "autoregressive_signal",
    "axial_sphere",
    "bit_information",
    "clamped_ceiling",
    "common_cause",
    "constant_circle",
    "constant_predictor",
    "context_covariance",
    "cubed_signal",
    "deficiency_one",
    "deficiency_two",
    "delayed_copy",
    "density_gap",
    "encoder_of_the_past",
    "encoder_of_the_time",
    "fold",
    "fold_correlation",
    "free_coordinate",
    "free_density",
    "gaussian_autoregression",
    "ignored_signal",
    "independent_coordinate",
    "info_samples",
    "info_violations",
    "jumps",
    "leaky_network",
    "leaving_probability",
    "level_set_flow",
    "linear_gaussian",
    "markov_gaussian",
    "moment_curve",
    "negative_correlation",
    "normal_contexts",
    "normal_information",
    "one_dimension",
    "ornstein_uhlenbeck",
    "plane_world",
    "positive_controls",
    "published_ceiling",
    "redundant_parameters",
    "redundant_statistic",
    "swirl_matrix",
    "torus",
    "two_contexts",
    "unequal_correlations",
    "violations",
    "warped_latents",
    "wobbly_in_view",
    "wobbly_published",
    "wobbly_selected",
    "worlds",
]
