"""The words by which a plan tells of its regimes: a sweep writes them, and a report reads them."""

DEFAULT_REGIME = 'default'
"""Name of the one regime of a sweep that names none."""
CLAIMS, CONTROL = 'claims', 'control'
PURPOSES = (CLAIMS, CONTROL)
"""What a regime is for: the claims are decided in it, or its answer is known beforehand."""
AS_CONFIGURED = 'config'
"""Networks start, or clips are normalised, as the networks' own configs say."""
SCRATCH = 'scratch'
BY_CLIP, FIXED = 'clip', 'fixed'
"""How clips are normalised: each by itself, or all by the same numbers."""
