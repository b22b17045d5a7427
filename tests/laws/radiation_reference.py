"""Other ways to work out what the mechanism of `briarpatch.laws.radiation` comes to; nothing that plays calls them."""

from __future__ import annotations

import math

from briarpatch.laws.radiation import lethal_dose, lethal_hazard
from briarpatch.world.compiled import kernel
from briarpatch.world.processes import exposure, relax

MEDIAN_LETHAL_DOSE = 3.5
"""Dose that kills half of those exposed at once [Gy]."""

LETHAL_SHAPE = 6.0
"""Weibull shape of early lethality."""

PROTRACTED_DOSE = 3.0
"""Median lethal dose at a very high dose rate [Gy]."""

PROTRACTED_SLOPE = 0.072 / 3600.0
"""Growth of the median lethal dose with the inverse of dose rate [Gy^2/s]."""

HEALING = 1.0 / (7.0 * 86400.0)
"""Fastest rate of healing [1/s]."""

INNER_RADIUS, OUTER_RADIUS = 1.2, 2.3
"""Radii of the ring in radii of its planet."""


@kernel
def sheltered(dose_rate, attenuation, thickness):
    """Return the dose rate behind `thickness` [m] of shelter with `attenuation` [1/m]: Beer and Lambert."""
    return dose_rate * math.exp(-exposure(attenuation, thickness))


@kernel
def heal(integrity, rate, dt):
    """Return tissue integrity q in [0, 1] after `dt` [s] of dq/dt = rate (1 - q), exactly."""
    return relax(integrity, 1.0, 1.0, exposure(rate, dt))


@kernel
def healing_time(integrity, needed, rate):
    """Return the time [s] until tissue reaches the `needed` for function: ln((1 - q) / (1 - q*)) / rate."""
    if integrity >= needed:
        return 0.0
    if needed >= 1.0 or rate <= 0.0:
        return math.inf
    return math.log((1.0 - integrity) / (1.0 - needed)) / rate


@kernel
def effective_dose(dose, fraction, ratio):
    """Return the biologically effective dose of `dose` given in fractions, alpha/beta = `ratio` [all Gy]."""
    return dose * (1.0 + fraction / ratio)


@kernel
def median_lethal_dose(dose_rate, at_once, slope):
    """Return the dose [Gy] that kills half at `dose_rate` [Gy/s]: D_inf + D_1 / rate (Scott 1988)."""
    if dose_rate <= 0.0:
        return math.inf
    return at_once + slope / dose_rate


@kernel
def lethal_exposure(dose, added, median, shape):
    """Return what `added` [Gy] on top of `dose` [Gy] adds to the cumulative hazard of early death.

    Where the median lethal dose changes with dose rate, keep the sum of dose over median as the dose and give
    a median of 1: the hazard is then ln 2 times that sum to the power V, however the rate went.
    """
    if added <= 0.0:
        return 0.0
    after = lethal_hazard(dose + added, median, shape)
    return math.inf if math.isinf(after) else after - lethal_hazard(dose, median, shape)


@kernel
def time_of_death(dose, dose_rate, threshold, median, shape):
    """Return the time [s] until a constant `dose_rate` [Gy/s] brings the hazard to `threshold`."""
    left = lethal_dose(threshold, median, shape) - dose
    if left <= 0.0 or math.isinf(dose_rate):
        return 0.0
    if dose_rate <= 0.0:
        return math.inf
    return left / dose_rate


@kernel
def harvest(stock, rate, dt):
    """Return the stock Q that is left after `dt` [s] of dQ/dt = -rate Q, exactly."""
    return stock * math.exp(-exposure(rate, dt))


@kernel
def years_each(amount, years_per_unit, beneficiaries):
    """Return the years of life that a `amount` gives each of `beneficiaries`; none where there is nobody."""
    if beneficiaries <= 0.0:
        return 0.0
    return amount * years_per_unit / beneficiaries


@kernel
def release(stock, rate, lethality):
    """Return the dose rate [Gy/s] on the surface during harvest: lethality [Gy] times rate [1/s] times Q."""
    if stock <= 0.0 or rate <= 0.0:
        return 0.0
    return lethality * rate * stock
