"""Where the posterior of (alpha, beta) lies: its top, a box around it, and what the box leaves out.

Everything here works on a function density(log_odds, log_size), the log of the posterior density
of (log(alpha/beta), log(alpha+beta)) up to a constant, -inf where it is zero. It broadcasts.
"""

from __future__ import annotations

import math

import numpy as np
from scipy import optimize
from scipy.special import logit

#: Log posterior density this far below its top is left out of a grid (e^-16 is about 1e-7).
DROP = 16.0
#: No grid goes beyond these log(alpha+beta): from 1e-13 to 1e26 trials.
FURTHEST = (-30.0, 60.0)


def find_mode(density, units):
    """Return (log(alpha/beta), log(alpha+beta)) of the highest density."""
    log_sizes = np.linspace(math.log(1e-3), math.log(1e3 * units.n.max() + 1e3), 40)
    share = units.count * units.n / (units.n + np.exp(log_sizes)[:, None])
    means = share @ ((units.y + 0.5) / (units.n + 1)) / share.sum(axis=1)
    coarse = np.add.outer(np.linspace(-2, 2, 5), logit(means))
    values = density(coarse, log_sizes)
    if not np.isfinite(values).any():
        raise ValueError("log_prior: it is -inf (or NaN) wherever the data are likely")
    row, column = np.unravel_index(np.argmax(values), values.shape)
    x = np.array([coarse[row, column], log_sizes[column]])
    top = values[row, column]
    step = np.array([min(0.5, 2 / math.sqrt(units.total_y + 1)), 0.3])
    for close in (1e-3, 1e-6):  # restarted: a simplex that collapsed early does no harm
        simplex = x + np.array([[0, 0], [step[0], 0], [0, step[1]]])
        stop = {"xatol": close, "fatol": close**1.5, "maxiter": 400}
        found = optimize.minimize(
            lambda z: top - float(density(*np.clip(z, -700, 700))),
            x,
            method="Nelder-Mead",
            options={"initial_simplex": simplex, **stop},
        )
        x, step = found.x, step / 10
    return float(x[0]), float(x[1])


def find_box(density, mode):
    """Return the box outside of which the density is below e^-DROP of its top, shape (2, 2)."""
    top = float(density(*mode))
    box = np.empty((2, 2))
    steps = 1e-9 * 2.0 ** np.arange(36)
    for axis in range(2):  # first guess: go out along each axis through the mode
        for side, sign in enumerate((-1, 1)):
            points = np.repeat(np.array(mode)[:, None], steps.size, axis=1)
            points[axis] += sign * steps
            below = density(*points) < top - DROP
            box[axis, side] = points[axis, below.argmax() if below.any() else -1]
    box[1] = np.clip(box[1], *FURTHEST)
    for _ in range(40):  # then widen or tighten each side by looking at the whole box
        inside = box.copy()
        grid = [np.linspace(low, high, 17) for low, high in box]
        values = density(grid[0][None, :], grid[1][:, None])
        high_enough = values > top - DROP
        for axis, seen in enumerate((high_enough.any(axis=0), high_enough.any(axis=1))):
            where = np.flatnonzero(seen)
            if not where.size:
                continue
            step = grid[axis][1] - grid[axis][0]
            first, last = where[0], where[-1]
            inside[axis, 0] += step * ((first - 1) if first else -6)
            inside[axis, 1] -= step * ((15 - last) if last < 16 else -6)
        inside[1] = np.clip(inside[1], *FURTHEST)
        if np.allclose(inside, box, rtol=0, atol=1e-12):
            break
        box = inside
    return box if np.isfinite(values).all() else _to_hard_edges(density, box)


def _to_hard_edges(density, box):
    """Move a side that lies where the prior is zero to where the prior ends."""
    box = box.copy()
    for axis in (1, 0):
        across = np.linspace(*box[1 - axis], 33)

        def alive(x, axis=axis, across=across):
            line = np.full(across.shape, x)
            return np.isfinite(density(*((line, across) if axis == 0 else (across, line)))).any()

        middle = box[axis].mean()
        if not alive(middle):
            continue
        for side in range(2):
            if alive(box[axis, side]):
                continue
            dead, live = box[axis, side], middle
            for _ in range(60):
                halfway = (dead + live) / 2
                dead, live = (dead, halfway) if alive(halfway) else (halfway, live)
            box[axis, side] = live
    return box


def beyond(density, log_odds, log_size, box, mass):
    """Estimate the mass beyond each edge from how fast the outermost cells fall away."""
    total = 0.0
    for axis, lines in ((1, mass.sum(axis=1)), (0, mass.sum(axis=0))):
        centres = (log_odds, log_size)[axis]
        step = centres[1] - centres[0]
        across = (log_odds, log_size)[1 - axis]
        for edge, (outer, inner) in enumerate((lines[[0, 4]], lines[[-1, -5]])):
            line = np.full(across.shape, box[axis, edge] + (step if edge else -step))
            outside = density(*((line, across) if axis == 0 else (across, line)))
            if outer <= 0 or not np.isfinite(outside).any():
                continue  # nothing there, or the prior ends here
            fall = outer / inner if inner > 0 else 1.0
            # a geometric tail with this ratio per four cells; no fall at all: as much again
            total += outer / (1 - fall**0.25) if fall < 0.999 else 1.0
    return float(min(total, 1.0))
