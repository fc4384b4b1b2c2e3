"""Certificates for data without ground truth: which of the theorem's assumptions the data support."""

from identify.certificate.certify import Certificate, certify, default_config
from identify.certificate.evidence import Row
from identify.certificate.pieces import Pieces, cut

__all__ = ["Certificate", "Pieces", "Row", "certify", "cut", "default_config"]
