"""The Fréchet distance of FrechetDistanceTests by SciPy's general matrix square root."""
import numpy as np
from scipy.linalg import sqrtm


def rows(scale, shear):
    base = np.array([[np.sin(r * (3 + c) + c * c) * scale for c in range(4)] for r in range(64)])
    return base + shear * np.roll(base, -1, axis=1)


a, b = rows(1.0, 0.3), rows(0.6, -0.5)
ca, cb = np.cov(a.T), np.cov(b.T)
gap = a.mean(0) - b.mean(0)
print("%.10f" % (gap @ gap + np.trace(ca + cb - 2 * np.real(sqrtm(ca @ cb)))))
