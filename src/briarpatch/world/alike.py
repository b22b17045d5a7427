"""Functions that come out the same to the bit whether they are compiled or run as plain Python.

Python, the C library and LLVM each have a hypot and a logarithm of the gamma function of their own, which differ in the
last digit; so whatever plays uses these, made of operations that IEEE 754 fixes and of exp and log, which both forms take
from the same library. See docs/decisions/0008.
"""

from __future__ import annotations

import math

from .compiled import kernel

_G = 6.024680040776729583740234375


@kernel
def hypot(x, y):
    """Return the length of (x, y)."""
    return math.sqrt(x * x + y * y)


@kernel
def log_gamma(x):
    """Return ln(Gamma(x)) for x > 0: Lanczos 1964, with the coefficients of Pugh 2004 for 13 terms, to 1e-15."""
    if x <= 0.0:
        return math.inf
    if x == 1.0 or x == 2.0:
        return 0.0
    if x < 1e-20:
        return -math.log(x)
    if math.isinf(x):
        return x
    over, under = 0.0, 0.0
    if x < 5.0:
        for top, bottom in _TERMS:
            over, under = over * x + top, under * x + bottom
    else:
        for k in range(len(_TERMS)):
            top, bottom = _TERMS[len(_TERMS) - 1 - k]
            over, under = over / x + top, under / x + bottom
    return math.log(over / under) - _G + (x - 0.5) * (math.log(x + _G - 0.5) - 1.0)


_TERMS = (
    (2.5066282746310002701649081771338373386264310793408, 1.0),
    (210.82427775157934587250973392071336271166969580291, 66.0),
    (8071.6720023658162106380029022722506138218516325024, 1925.0),
    (186056.26539522349504029498971604569928220784236328, 32670.0),
    (2876370.6289353724412254090516208496135991145378768, 357423.0),
    (31426415.585400194380614231628318205362874684987640, 2637558.0),
    (248874557.86205415651146038641322942321632125127801, 13339535.0),
    (1439720407.3117216736632230727949123939715485786372, 45995730.0),
    (6039542586.3520280050642916443072979210699388420708, 105258076.0),
    (17921034426.037209699919755754458931112671403265390, 150917976.0),
    (35711959237.355668049440185451547166705960488635843, 120543840.0),
    (42919803642.649098768957899047001988850926355848959, 39916800.0),
    (23531376880.410759688572007674451636754734846804940, 0.0),
)
"""Coefficients of the two polynomials, from the highest power down."""
