"""Find outliers by their robust deviation (MAD) from the median."""

import numpy as np

from models.contract.arrays import Doubles, Mask

DEVIATIONS = 6.0
"""The largest robust deviation of a valid value."""
MAD_TO_STD = 1.4826
"""The standard deviation of a normal distribution is this many median absolute deviations."""


def find_outliers(values: Doubles, reference: Mask) -> Mask:
    """[n] True for values that are infinite, or more than DEVIATIONS robust deviations from the median.

    Median and deviation (MAD) are computed on the reference rows. An outlier is far from the median on both the
    linear and the logarithmic scale, so that long tails of counts, durations and prices are kept. If the MAD is 0
    (most values are equal), no finite value is an outlier.
    """
    has_value = ~np.isnan(values)
    logarithms = np.sign(values) * np.log1p(np.abs(values))
    is_far = _is_far(values, has_value & reference) & _is_far(logarithms, has_value & reference)
    return np.asarray(has_value & (is_far | np.isinf(values)))


def _is_far(values: Doubles, reference: Mask) -> Mask:
    """[n] True for values more than DEVIATIONS robust deviations from the median of the reference rows."""
    sample = values[reference & np.isfinite(values)]
    if not len(sample):
        return np.zeros(len(values), dtype=bool)
    median = np.median(sample)
    deviation = MAD_TO_STD * np.median(np.abs(sample - median))
    return np.asarray((deviation > 0) & (np.abs(values - median) > DEVIATIONS * deviation))
