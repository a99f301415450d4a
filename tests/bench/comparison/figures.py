"""Statistics of what was measured. Knows neither programs nor clocks."""

import math
import statistics

FITTED_SIZES = 3  # the largest ones: what costs the same at every size hides growth at the small ones


def median(values):
    """None without values."""
    return statistics.median(values) if values else None


def quartiles(values):
    """The first and the third; None without values."""
    if not values:
        return None
    if len(values) == 1:
        return values[0], values[0]
    low, _, high = statistics.quantiles(values, n=4, method="inclusive")
    return low, high


def ratio(this, base):
    """Of medians; None when one side has no values, or when the base's median is zero."""
    if not this or not base or median(base) == 0:
        return None
    return median(this) / median(base)


def reached(value, limit, better):
    """How far a value is on the right side of a limit: 1 is the limit itself, more is better. None without either."""
    if value is None or limit is None:
        return None
    if better == "higher":
        return value / limit
    return math.inf if value <= 0 else limit / value


def exponent(points):
    """b of the fit cost = a · size^b over the largest sizes, by least squares of the logarithms. None for fewer than
    two sizes, and when a cost is zero or less, of which there is no logarithm."""
    largest = sorted(points)[-FITTED_SIZES:]
    if len(largest) < 2 or any(cost <= 0 for _, cost in largest):
        return None
    sizes = [math.log(size) for size, _ in largest]
    costs = [math.log(cost) for _, cost in largest]
    return statistics.linear_regression(sizes, costs).slope
