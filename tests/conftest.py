"""Shapes are enforced while the tests run: jaxtyping's import hook puts beartype on every public function."""

from jaxtyping import install_import_hook

install_import_hook(["synthetic", "identify", "proofs_checks", "reports"], "beartype.beartype")
