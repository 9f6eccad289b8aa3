"""Peak signal-to-noise ratio."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def psnr(restored: NDArray[np.uint8], pictures: NDArray[np.uint8]) -> NDArray[np.float64]:
    """One value in dB a picture: (n, h, w, 3) and the same to (n,)."""
    error = np.square(restored.astype(np.float64) - pictures).mean(axis=(1, 2, 3))
    return 10 * np.log10(255**2 / np.maximum(error, 1e-12))
