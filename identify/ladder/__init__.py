"""The ladder of classes of maps between true and recovered latents, each fitted on train rows."""

from identify.ladder.classes import CLASSES, SUPERSETS, check_class, is_contained

__all__ = ["CLASSES", "SUPERSETS", "check_class", "is_contained"]
