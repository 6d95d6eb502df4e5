"""With this folder on PYTHONPATH, logs, exponentials and log-gammas are one last digit larger.

Python runs a module of this name at its start. The log densities of the samplers move, and so do
the numbers that they are worked out from. What every library gives exactly, such as exp(0) = 1,
stays. No helper knows of it.
"""

import functools

import numpy as np
from scipy import special


def _moved(function):
    """Return `function` with each real value but 0, 1 and infinity moved up by one last digit."""

    @functools.wraps(function)
    def one_up(*args, **kwargs):
        value = function(*args, **kwargs)
        if np.iscomplexobj(value):
            return value
        exact = (value == 0) | (value == 1) | ~np.isfinite(value)
        return np.nextafter(value, np.where(exact, value, np.inf))

    return one_up


for _module, _names in ((np, ("exp", "log", "log1p")), (special, ("betaln", "expit", "gammaln"))):
    for _name in _names:
        setattr(_module, _name, _moved(getattr(_module, _name)))
