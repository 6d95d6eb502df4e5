"""The posterior of (alpha, beta) on a grid of log(alpha/beta) and log(alpha+beta).

Written for `helpers.beta_binomial.posterior_grid`. Everything here works on a function
density(log_odds, log_size), the log of the posterior density of (log(alpha/beta), log(alpha+beta))
up to a constant, -inf where it is zero. It broadcasts.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import optimize

from helpers._beta_likelihood import alpha_beta
from helpers._validate import generator

#: Log posterior density this far below its top is left out of a grid (e^-16 is about 1e-7).
DROP = 16.0
#: No grid goes beyond these log(alpha+beta): from 1e-13 to 1e26 trials.
FURTHEST = (-30.0, 60.0)


@dataclass(frozen=True)
class PosteriorGrid:
    """The posterior of (alpha, beta) on a grid of log(alpha/beta) and log(alpha+beta)."""

    log_odds: np.ndarray  # log(alpha/beta) at the cells' centres, shape (columns,)
    log_size: np.ndarray  # log(alpha+beta) at the cells' centres, shape (rows,)
    mass: np.ndarray  # posterior probability of each cell, shape (rows, columns), sums to 1
    mode: tuple[float, float]  # (log_odds, log_size) where their joint density is highest

    @property
    def alpha(self) -> np.ndarray:
        """Prior successes at each cell's centre, shape (rows, columns)."""
        return alpha_beta(self.log_odds, self.log_size[:, None])[0]

    @property
    def beta(self) -> np.ndarray:
        """Prior failures at each cell's centre, shape (rows, columns)."""
        return alpha_beta(self.log_odds, self.log_size[:, None])[1]

    def mean(self, f: Callable):
        """Return the posterior mean of f(alpha, beta).

        Parameters
        ----------
        f : callable
            Takes alpha and beta of shape (k, 1) and returns shape (k, 1), or (k, J) for J means
            at once, as `lambda a, b: (a + y) / (a + b + n)`. It must be integrable: under
            `bda3_prior` the posterior means of alpha and beta themselves are infinite.
        """
        keep = self.mass > 1e-15
        cells = np.column_stack([self.alpha[keep], self.beta[keep], self.mass[keep]])
        total = 0.0
        for part in np.array_split(cells, len(cells) // 250 + 1):  # (250, J) numbers at a time
            alpha, beta, mass = part[:, :1], part[:, 1:2], part[:, 2]
            total = total + mass @ (f(alpha, beta) + np.zeros_like(alpha))
        return float(total[0]) if total.size == 1 else total

    def quantile(self, f: Callable, q):
        """Return posterior quantiles `q` (a share, or several) of one quantity f(alpha, beta)."""
        axes = self.log_size, self.log_odds
        fine = [np.linspace(axis[0], axis[-1], max(600, 2 * axis.size)) for axis in axes]
        log_mass = np.log(np.maximum(self.mass, 1e-300))
        for axis, dense in zip(axes, fine, strict=True):  # along one axis, then along the other
            log_mass = np.stack([np.interp(dense, axis, line) for line in log_mass.T])
        value = np.ravel(f(*alpha_beta(fine[1], fine[0][:, None])))
        # cells of one value, such as a row for alpha + beta, are one step: their digits tie
        value, cell = np.unique(value.astype(np.float32), return_inverse=True)
        mass = np.bincount(cell, np.exp(log_mass).ravel())
        return np.interp(q, (np.cumsum(mass) - mass / 2) / mass.sum(), value)[()]

    def sample(self, size, *, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Draw alpha and beta, arrays of shape `size`, spread evenly within each cell."""
        rng = generator(rng)
        cumulative = np.cumsum(self.mass)
        cell = np.searchsorted(cumulative, rng.random(size) * cumulative[-1], side="right")
        row, column = np.divmod(np.minimum(cell, self.mass.size - 1), self.log_odds.size)
        wide, high = self.log_odds[1] - self.log_odds[0], self.log_size[1] - self.log_size[0]
        log_odds = self.log_odds[column] + wide * (rng.random(size) - 0.5)
        return alpha_beta(log_odds, self.log_size[row] + high * (rng.random(size) - 0.5))


def grid_of(density: Callable, coarse, *, points: int, bounds=None) -> PosteriorGrid:
    """Return the posterior on a grid of `points` by `points` cells.

    `coarse` holds log_odds and log_size of points for a first look, one of them near the top;
    `bounds` (2, 2) the ends of the grid in log_odds and log_size: by default it finds them.
    """
    coarse = np.broadcast_arrays(*coarse)
    values = density(*coarse)
    if not np.isfinite(values).any():
        raise ValueError("log_prior: it is -inf (or NaN) wherever the data are likely")
    mode = np.array([x.flat[np.nanargmax(values)] for x in coarse])
    for step in (0.1, 0.01):  # once more from there: a simplex that collapsed early does no harm
        simplex = mode + np.array([[0, 0], [step, 0], [0, 3 * step]])
        stop = {"initial_simplex": simplex, "xatol": 1e-6, "fatol": 1e-7, "maxiter": 400}
        mode = optimize.minimize(lambda x: -density(*x), mode, method="Nelder-Mead", options=stop).x

    box = _box(density, mode) if bounds is None else np.array(bounds, float)
    log_odds, log_size = (
        low + (np.arange(points) + 0.5) * (high - low) / points for low, high in box
    )
    value = density(log_odds, log_size[:, None])
    mass = np.exp(value - value.max())
    mass /= mass.sum()
    just_outside = box + (np.diff(box) / points) * [-0.5, 0.5]
    edges = [
        mass[:, side].sum() * np.isfinite(density(just_outside[0, side], log_size)).any()
        + mass[side].sum() * np.isfinite(density(log_odds, just_outside[1, side])).any()
        for side in (0, -1)
    ]
    if not sum(edges) < 1e-3:
        warnings.warn(
            f"posterior_grid: {sum(edges):.2g} of the mass lies in the cells at the grid's edge; "
            "give wider bounds, or ask whether the posterior is proper",
            stacklevel=3,
        )
    return PosteriorGrid(log_odds, log_size, mass, (float(mode[0]), float(mode[1])))


def _box(density, mode):
    """Return the box outside of which the density is below e^-DROP of its top, shape (2, 2)."""
    floor = density(*mode) - DROP
    box = mode[:, None] + np.array([[-6.0, 6.0], [-12.0, 12.0]])
    for _ in range(20):  # widen or tighten each side by a look at the whole box
        axes = [np.sort(np.append(np.linspace(*box[i], 16), mode[i])) for i in range(2)]
        value = density(axes[0], axes[1][:, None])
        new = box.copy()
        for axis, points in enumerate(axes):
            seen = np.flatnonzero((value > floor).any(axis=axis))  # the mode is among the points
            first, last, width = seen[0], seen[-1], points[-1] - points[0]
            new[axis, 0] = points[first - 1] if first > 0 else points[0] - width
            new[axis, 1] = points[last + 1] if last < 16 else points[-1] + width
        new[1] = np.clip(new[1], *FURTHEST)
        moved, box = np.abs(new - box) / np.diff(box), new
        if moved.max() < 0.1:
            break
    if np.isfinite(value).all():
        return box
    for axis, side in ((1, 0), (1, 1), (0, 0), (0, 1)):
        box[axis, side] = _hard_edge(density, mode, box, axis, side)
    return box


def _hard_edge(density, mode, box, axis, side):
    """Return the side of the box, or where the prior ends on the way to it."""
    across = np.append(np.linspace(*box[1 - axis], 33), mode[1 - axis])

    def alive(x):
        return np.isfinite(density(x, across) if axis == 0 else density(across, x)).any()

    outside, inside = box[axis, side], mode[axis]
    if alive(outside):
        return outside
    for _ in range(60):
        halfway = (outside + inside) / 2
        outside, inside = (outside, halfway) if alive(halfway) else (halfway, inside)
    return inside
