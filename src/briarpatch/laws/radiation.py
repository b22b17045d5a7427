"""Radiation: the field of a ring, its benefit, its harvest, and what a dose does to tissue and to life.

Models: the dose rate of a flat annulus of isotropic sources, with attenuation and a planet that casts a
shadow; healing and rejuvenation that saturate with dose rate (Hill); cell killing by the linear-quadratic law
with repair between tracks (Lea and Catcheside); early death by a Weibull cumulative hazard of dose; a stock
that is harvested.

Assumes: a ring of even strength, thin beside the distances; point kernels with exponential attenuation and no
build-up by scatter; a dose rate that is constant within a step. Lethality belongs to one episode of exposure:
whoever calls decides when an episode ends and sets dose and exposure back to zero.

Leaves out: spectra, organs, scatter, treatment of radiation sickness, late cancers.

Sources: Hill 1910; Lea and Catcheside 1942; Kellerer and Rossi 1972; Barendsen 1982 (biologically effective
dose); Brenner 2008 (range of validity of the linear-quadratic law); Evans and others 1985, NUREG/CR-4214, and
Scott and others 1988 (Weibull lethality, dose-rate dependent median). The constants of lethality describe
ionising photons.

Oracles: O-7.1 to O-7.11.
"""

from __future__ import annotations

import math

from ..world.compiled import kernel
from ..world.processes import exposure, flow, phi1
from ..world.special import e1_difference, power

ALPHA = 0.3
"""Killing linear in dose [1/Gy]."""
BETA = 0.03
"""Killing quadratic in dose [1/Gy^2]."""
REPAIR = math.log(2.0) / 3600.0
"""Rate at which lesions are repaired [1/s]: a half-time of one hour."""


@kernel
def ring_on_axis(strength, inner, outer, height, attenuation, thickness):
    """Return the dose rate on the axis of an annulus: (S/2) [E1(mu r1) - E1(mu r2)], r = sqrt(z^2 + R^2).

    Strength [dose rate], radii and height [m], attenuation mu [1/m]; at mu = 0, (S/4) ln of r2^2 / r1^2. The
    height is at least the `thickness` [m] of the ring, so that no point lies within its plane.
    """
    if strength <= 0.0 or outer <= inner:
        return 0.0
    z = max(abs(height), thickness)
    near = z * z + inner * inner
    if near <= 0.0:
        return math.inf
    log_ratio = 0.5 * math.log1p((outer - inner) * (outer + inner) / near)
    return 0.5 * strength * e1_difference(exposure(attenuation, math.sqrt(near)), log_ratio)


@kernel
def ring_off_axis(strength, inner, outer, radius, height, thickness):
    """Return the unattenuated dose rate at cylindrical `radius` and `height` [m] of an annulus.

    The integral of S r / (2 sqrt((r^2 + x^2 + z^2)^2 - 4 r^2 x^2)) over r, in closed form: with w = r^2, c =
    z^2 - x^2 and q = (w + x^2 + z^2)^2 - 4 w x^2 it is (S/4) ln of (w + c + sqrt q), between the two edges.
    """
    if strength <= 0.0 or outer <= inner:
        return 0.0
    z = max(abs(height), thickness)
    x2 = radius * radius
    c = z * z - x2
    w1, w2 = inner * inner, outer * outer
    u1, u2 = w1 + c, w2 + c
    cross = 4.0 * x2 * z * z
    s1 = math.sqrt(u1 * u1 + cross)
    s2 = math.sqrt(u2 * u2 + cross)
    if s1 + s2 <= 0.0:
        return 0.0
    mean = (u1 + u2) / (s1 + s2)
    if u1 >= 0.0:
        if u1 + s1 <= 0.0:
            return math.inf
        return 0.25 * strength * math.log1p((w2 - w1) * (1.0 + mean) / (u1 + s1))
    if u2 <= 0.0:
        if s2 - u2 <= 0.0:
            return math.inf
        return 0.25 * strength * math.log1p((w2 - w1) * (1.0 - mean) / (s2 - u2))
    if cross <= 0.0:
        return math.inf
    return 0.25 * strength * math.log((u2 + s2) * (s1 - u1) / cross)


@kernel
def in_shadow(px, pz, qx, qy, planet):
    """Return True when a sphere of radius `planet` at the origin hides (qx, qy, 0) from (px, 0, pz) [m]."""
    dx, dy, dz = qx - px, qy, -pz
    length2 = dx * dx + dy * dy + dz * dz
    along = -(px * dx + pz * dz)
    if along <= 0.0 or along >= length2:
        return False
    return px * px + pz * pz - along * along / length2 < planet * planet


@kernel
def ring_seen(strength, inner, outer, radius, height, attenuation, thickness, planet, rings, angles):
    """Return the dose rate at cylindrical `radius` and `height` [m] with attenuation and the planet's shadow.

    Sum of S e^(-mu d) / (4 pi d^2) over `rings` by `angles` cells, at their midpoints: for tables made once,
    not for every step. Angles run over half a turn, since the other half mirrors it.
    """
    if strength <= 0.0 or outer <= inner:
        return 0.0
    z = max(abs(height), thickness)
    total = 0.0
    dr = (outer - inner) / rings
    for i in range(rings):
        r = inner + (i + 0.5) * dr
        for j in range(angles):
            turn = math.pi * (j + 0.5) / angles
            qx, qy = r * math.cos(turn), r * math.sin(turn)
            if planet > 0.0 and in_shadow(radius, height, qx, qy, planet):
                continue
            d2 = (qx - radius) * (qx - radius) + qy * qy + z * z
            total += r * math.exp(-exposure(attenuation, math.sqrt(d2))) / d2
    return strength * total * dr / (2.0 * angles)


@kernel
def hill(x, half, order):
    """Return x^n / (K^n + x^n), the share of the greatest effect (Hill 1910); 0 at x = 0."""
    if x <= 0.0 or math.isinf(half):
        return 0.0
    if math.isinf(x) or half <= 0.0:
        return 1.0
    return 1.0 / (1.0 + power(half / x, order))


@kernel
def rejuvenation(dose_rate, greatest, half, order):
    """Return the rate k [1/s] at which the field pulls biological age back, at most `greatest` [1/s]."""
    return greatest * hill(dose_rate, half, order)


@kernel
def protraction(x):
    """Return the Lea-Catcheside factor of constant dose rate, x = repair times duration: 2(x-1+e^-x)/x^2."""
    if x < 0.01:
        return 1.0 - x / 3.0 * (1.0 - x / 4.0 * (1.0 - x / 5.0 * (1.0 - x / 6.0)))
    return 2.0 * (1.0 + math.expm1(-x) / x) / x


@kernel
def log_kill(dose, protraction_factor, alpha, beta):
    """Return -ln of the surviving share of cells after `dose` [Gy]: alpha D + beta G D^2."""
    return alpha * dose + beta * protraction_factor * dose * dose


@kernel
def lesions_after(lesions, dose_rate, repair, dt):
    """Return the pool of unrepaired lesions [Gy] after `dt` [s] of du/dt = dose rate - repair u, exactly."""
    if dt <= 0.0:
        return lesions
    return flow(lesions, repair, dose_rate, dt)


@kernel
def kill_step(lesions, dose_rate, repair, alpha, beta, dt):
    """Return the growth of -ln survival over `dt` [s]: the integral of alpha D' + 2 beta D' u, exactly.

    `lesions` [Gy] is the pool u at the start; `lesions_after` gives it at the end. The integral of u is
    u dt phi1(-x) + D' dt^2 G(x) / 2 with x = repair dt, which also holds without repair.
    """
    if dose_rate <= 0.0 or dt <= 0.0:
        return 0.0
    x = repair * dt
    pool = lesions * dt * phi1(-x) + 0.5 * dose_rate * dt * dt * protraction(x)
    return alpha * dose_rate * dt + 2.0 * beta * dose_rate * pool


@kernel
def lethal_hazard(dose, median, shape):
    """Return the cumulative hazard of early death after `dose` [Gy]: ln 2 (D / D50)^V."""
    if dose <= 0.0 or math.isinf(median):
        return 0.0
    if median <= 0.0:
        return math.inf
    return math.log(2.0) * power(dose / median, shape)


@kernel
def lethal_dose(threshold, median, shape):
    """Return the dose [Gy] at which the cumulative hazard reaches `threshold`."""
    if threshold <= 0.0:
        return 0.0
    return median * power(threshold / math.log(2.0), 1.0 / shape)


@kernel
def collected(before, after, efficiency):
    """Return what the harvester has won while the stock fell from `before` to `after`."""
    return efficiency * (before - after)


@kernel
def released_dose(before, after, lethality):
    """Return the dose [Gy] on the surface of a step of harvest: the exact integral of `release`."""
    return lethality * (before - after)
