r"""Latent models and entropy estimators on pairs of codes (z, z'): the two knobs of LDM table 1.

A latent model gives $\log P(z'|z)$ and its prior, an estimator gives $H[z']$, $H[z]$ or $H[z,z']$; one family a module.
`identify.paired_methods` puts them together.
"""
