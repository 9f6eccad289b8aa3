"""The Fréchet distance between two sets of features (Heusel et al., "GANs trained by a two time-scale update rule", 2017, section 2)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]


def frechet_distance(first: Floats, second: Floats) -> float:
    """Squared 2-Wasserstein distance of the Gaussians fitted to (n, d) and (m, d).

    Estimated from few samples it is too large, by about the same amount for every pair of sets of these sizes: compare
    only distances of equal n and m, and read each beside that of two sets of real pictures (its floor).
    """
    first, second = first.astype(np.float64), second.astype(np.float64)
    shift = first.mean(axis=0) - second.mean(axis=0)
    left, right = _covariance(first), _covariance(second)
    root = _root(left)
    # tr sqrt(left right) = tr sqrt(root right root), and the latter is symmetric, so that its root is real.
    overlap = np.sqrt(np.clip(np.linalg.eigvalsh(root @ right @ root), 0, None)).sum()
    return float(shift @ shift + np.trace(left) + np.trace(right) - 2 * overlap)


def mean_pairwise_distance(features: Floats) -> float:
    """Mean Euclidean distance over all pairs of the rows of (n, d): how unlike the pictures of one prompt are."""
    rows = features.astype(np.float64)
    squares = (rows**2).sum(axis=1)
    distances = np.sqrt(np.clip(squares[:, None] + squares[None] - 2 * rows @ rows.T, 0, None))
    return float(distances[np.triu_indices(len(rows), 1)].mean())


def _covariance(features: Floats) -> Floats:
    return np.atleast_2d(np.cov(features, rowvar=False))


def _root(matrix: Floats) -> Floats:
    values, vectors = np.linalg.eigh(matrix)
    return (vectors * np.sqrt(np.clip(values, 0, None))) @ vectors.T  # type: ignore[no-any-return]
