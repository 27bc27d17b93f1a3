"""Values far from the others, measured robustly."""

import numpy as np

from models.contract.arrays import Doubles, Mask

DEVIATIONS = 6.0
MAD_TO_STD = 1.4826
"""The standard deviation of a normal distribution is this many median absolute deviations."""


def outlying(values: Doubles, reference: Mask) -> Mask:
    """Which values [n] are infinite, or more than DEVIATIONS robust deviations from the median.

    Median and deviation (MAD) are those of the reference rows. An outlier is far from the median both on the
    values' scale and on a logarithmic one, which spares the long tail of counts, durations and prices. Where the
    MAD is 0 (most values are equal), no finite value is an outlier.
    """
    known = ~np.isnan(values)
    logarithms = np.sign(values) * np.log1p(np.abs(values))
    far = _far(values, known & reference) & _far(logarithms, known & reference)
    return np.asarray(known & (far | np.isinf(values)))


def _far(values: Doubles, reference: Mask) -> Mask:
    sample = values[reference & np.isfinite(values)]
    if not len(sample):
        return np.zeros(len(values), dtype=bool)
    median = np.median(sample)
    deviation = MAD_TO_STD * np.median(np.abs(sample - median))
    return np.asarray((deviation > 0) & (np.abs(values - median) > DEVIATIONS * deviation))
