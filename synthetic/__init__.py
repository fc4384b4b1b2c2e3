"""Worlds with known latents: latent laws, transitions, noise, mixings, and what each of them guarantees."""

from synthetic.alignment_violation import (
    Alignment,
    AlignmentObjective,
    AlignmentViolation,
    Bound,
    SecondHermite,
    SignFold,
    autoregressions,
    fold_correlation,
    negative_correlation,
    unequal_correlations,
)
from synthetic.assumptions import Assumption, Declaration
from synthetic.autoregression import AutoRegression, OnLissajous, oscillators, stationary_window
from synthetic.beside import Beside
from synthetic.box_walk import BoxWalk, BoxWalkStart
from synthetic.burned_in import BurnedIn
from synthetic.ceiling import Ceiling
from synthetic.clamped_ceiling import clamped_ceiling
from synthetic.common_cause import common_cause
from synthetic.composed_worlds import (
    box_walk,
    damped_oscillators,
    figure_eight,
    heteroscedastic,
    independent_sources,
    lorenz,
    path_world,
    resets,
    simplex_walk,
    sphere_walk,
    student_noise,
    switching_linear,
    torus_flow,
)
from synthetic.constant_predictor import affine_r2_of_twist, constant_predictor
from synthetic.context_covariance import TiltedGaussian, context_covariance
from synthetic.context_gaussian import ContextGaussian
from synthetic.coupling import Coupling, additive_coupling, affine_coupling
from synthetic.coupling_world import coupling_world, shaped_world
from synthetic.cubed_signal import Cube, CubicMean, cubed_signal
from synthetic.deficiency_two import affine_r2_of_turn, deficiency_two
from synthetic.delayed_copy import delayed_copy
from synthetic.dirichlet_walk import DirichletWalk
from synthetic.dot_image import DotImage
from synthetic.fold import fold, free_coordinate
from synthetic.follow_up import follow_up_world
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
from synthetic.initial_law import DiagonalNormal, GaussianWindow, InitialLaw, StandardNormal, UniformOn
from synthetic.inverse_map import InverseMap
from synthetic.laplace_latents import (
    LaplaceTransition,
    LaplaceWarp,
    affine_r2_of_laplace,
    laplace_latents,
    odd_correlation,
)
from synthetic.latent_space import Box, Euclidean, LatentSpace, Product, Simplex, Sphere, torus
from synthetic.leaky_network import LeakyReLU, leaky_network
from synthetic.level_set_flow import LevelSetFlow, ShrinkingGaussian, level_set_flow
from synthetic.limit_cycle import LimitCycle, NearCycle
from synthetic.linear_diffusion import StationaryDiffusion, linear_diffusion
from synthetic.linear_gaussian import linear_gaussian
from synthetic.linear_nuisance import LinearNuisance
from synthetic.lorenz import Lorenz
from synthetic.markov_gaussian import markov_gaussian
from synthetic.mixing import Composition, Linear, Mixing
from synthetic.moving_rotation import MovingRotation, TurnByPast, TurnByTime, encoder_of_the_past, encoder_of_the_time
from synthetic.named_worlds import alignment_violations, info_violations, positive_controls, violations, worlds
from synthetic.no_alignment import no_alignment, twist_correlation
from synthetic.noise import GaussianNoise, Noise, SingularGaussianNoise
from synthetic.noisy_ceilings import measured_ceilings
from synthetic.noisy_worlds import noisy_dots, noisy_linear, place_cells
from synthetic.nuisance import Nuisance, PrivateNormal
from synthetic.observation import Observation
from synthetic.ornstein_uhlenbeck import ornstein_uhlenbeck
from synthetic.path_flow import Circle, ClosedPath, OnPath, PathCoordinates, PathFlow, Square
from synthetic.pixel_noise import NoiseLevel, PixelNoise, image_information, image_log_likelihood
from synthetic.place_cells import GaussianCells, PlaceCells, VonMisesCells
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
from synthetic.product_transition import ProductTransition
from synthetic.pushed_law import PushedInitial, PushedTransition
from synthetic.redundant_statistic import redundant_parameters, redundant_statistic
from synthetic.reflected_walk import ReflectedWalk, SineWarp, affine_r2_of_sine, linear_correlation, uniform_latents
from synthetic.resets import Resets
from synthetic.selection import Selection, StaysInView
from synthetic.sequence_map import Marginal, Pointwise, SequenceMap
from synthetic.shear import Banana, Shear, SineShear
from synthetic.shifted_code import Shift, approximate_bound, shifted_code
from synthetic.signal_code import SignalCode
from synthetic.signal_world import Contexts, SignalWorld, autoregressive_signal, normal_contexts
from synthetic.sphere_worlds import CircleShift, affine_r2_of_shift, axial_sphere, constant_circle
from synthetic.spike_counts import SpikeCounts, count_log_likelihood
from synthetic.standard_law import LAPLACE, NORMAL, GaussianMixture, GeneralisedNormal, StandardLaw, StudentT, Uniform
from synthetic.swirl import swirl_matrix
from synthetic.switching_linear import SwitchingLinear
from synthetic.tent_fold import TentFold
from synthetic.trajectories import Trajectories
from synthetic.transition import AdditiveNoise, Transition
from synthetic.turn import ArctanTurn, LinearTurn, SphericalTurn, Turn
from synthetic.turned_direction import TurnedDirection
from synthetic.twist import Twist
from synthetic.two_contexts import TurnedMean, bit_information, two_contexts
from synthetic.violation import Violation, density_gap
from synthetic.von_mises_fisher import Latest, Pole, PoleStart, VonMisesFisher
from synthetic.warp import AsinhWarp, SinhWarp, Warp
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
    "Alignment",
    "AlignmentObjective",
    "AlignmentViolation",
    "ArctanTurn",
    "AsinhWarp",
    "Assumption",
    "AutoRegression",
    "Banana",
    "Beside",
    "BlockPredictor",
    "Bound",
    "Box",
    "BoxWalk",
    "BoxWalkStart",
    "BurnedIn",
    "Ceiling",
    "Circle",
    "CircleShift",
    "ClosedPath",
    "Composition",
    "ContextGaussian",
    "Contexts",
    "Coupling",
    "Cube",
    "CubicMean",
    "Declaration",
    "DiagonalNormal",
    "DirichletWalk",
    "DotImage",
    "Euclidean",
    "FourierSeries",
    "GaussianCells",
    "GaussianMixture",
    "GaussianNoise",
    "GaussianWindow",
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
    "LaplaceTransition",
    "LaplaceWarp",
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
    "Lorenz",
    "Marginal",
    "Mixing",
    "MomentCurve",
    "MovingRotation",
    "NearCycle",
    "Noise",
    "NoiseLevel",
    "NoiseStart",
    "Nuisance",
    "Observation",
    "OnLissajous",
    "OnPath",
    "PathCoordinates",
    "PathFlow",
    "PixelNoise",
    "PlaceCells",
    "Pointwise",
    "Pole",
    "PoleStart",
    "PositiveControl",
    "Predictor",
    "PrivateNormal",
    "Product",
    "ProductTransition",
    "PushedInitial",
    "PushedTransition",
    "ReflectedWalk",
    "Resets",
    "RotationTanh",
    "ScaledNoise",
    "SecondHermite",
    "Selection",
    "SequenceMap",
    "Shear",
    "Shift",
    "ShrinkingGaussian",
    "SignFold",
    "SignalCode",
    "SignalWorld",
    "Simplex",
    "SineShear",
    "SineWarp",
    "SingularGaussianNoise",
    "SinhWarp",
    "Sphere",
    "SphericalTurn",
    "SpikeCounts",
    "Square",
    "StandardLaw",
    "StandardNormal",
    "StationaryDiffusion",
    "StaysInView",
    "StudentT",
    "SwitchingLinear",
    "TanhPredictor",
    "TentFold",
    "TiltedGaussian",
    "Trajectories",
    "Transition",
    "Turn",
    "TurnByPast",
    "TurnByTime",
    "TurnedDirection",
    "TurnedMean",
    "Twist",
    "Uniform",
    "UniformOn",
    "Violation",
    "VonMisesCells",
    "VonMisesFisher",
    "Warp",
    "World",
    "additive_coupling",
    "affine_coupling",
    "affine_r2_of_laplace",
    "affine_r2_of_shift",
    "affine_r2_of_sine",
    "affine_r2_of_sinh",
    "affine_r2_of_turn",
    "affine_r2_of_twist",
    "alignment_violations",
    "approximate_bound",
    "autoregressions",
    "autoregressive_signal",
    "axial_sphere",
    "bit_information",
    "box_walk",
    "clamped_ceiling",
    "common_cause",
    "constant_circle",
    "constant_predictor",
    "context_covariance",
    "count_log_likelihood",
    "coupling_world",
    "cubed_signal",
    "damped_oscillators",
    "deficiency_one",
    "deficiency_two",
    "delayed_copy",
    "density_gap",
    "encoder_of_the_past",
    "encoder_of_the_time",
    "figure_eight",
    "fold",
    "fold_correlation",
    "follow_up_world",
    "free_coordinate",
    "free_density",
    "gaussian_autoregression",
    "heteroscedastic",
    "ignored_signal",
    "image_information",
    "image_log_likelihood",
    "independent_coordinate",
    "independent_sources",
    "info_samples",
    "info_violations",
    "jumps",
    "laplace_latents",
    "leaky_network",
    "leaving_probability",
    "level_set_flow",
    "linear_correlation",
    "linear_diffusion",
    "linear_gaussian",
    "lorenz",
    "markov_gaussian",
    "measured_ceilings",
    "moment_curve",
    "negative_correlation",
    "no_alignment",
    "noisy_dots",
    "noisy_linear",
    "normal_contexts",
    "normal_information",
    "odd_correlation",
    "one_dimension",
    "ornstein_uhlenbeck",
    "oscillators",
    "path_world",
    "place_cells",
    "plane_world",
    "positive_controls",
    "published_ceiling",
    "redundant_parameters",
    "redundant_statistic",
    "resets",
    "shaped_world",
    "shifted_code",
    "simplex_walk",
    "sphere_walk",
    "stationary_window",
    "student_noise",
    "swirl_matrix",
    "switching_linear",
    "torus",
    "torus_flow",
    "twist_correlation",
    "two_contexts",
    "unequal_correlations",
    "uniform_latents",
    "violations",
    "warped_latents",
    "wobbly_in_view",
    "wobbly_published",
    "wobbly_selected",
    "worlds",
]
