"""The houses of Minnesota by routes that call no helper: the csv file, NumPy, R's lme4."""

from __future__ import annotations

import csv
import functools
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import numpy as np
from scipy.stats import norm

ROOT = Path(__file__).resolve().parent.parent
TABLE = (ROOT / "data" / "radon.csv").read_text(encoding="utf-8")
ROWS = list(csv.DictReader(TABLE.splitlines()))
activity = np.array([float(row["activity"]) for row in ROWS])
x = np.array([float(row["floor"]) for row in ROWS])
county = np.array([row["county"] for row in ROWS])
y = np.log(np.where(activity > 0, activity, 0.1))
n = Counter(county.tolist())
names = sorted(n)
size = np.array([n[name] for name in names])
mean = {name: y[county == name].mean() for name in names}
uranium = {row["county"]: np.log(float(row["uppm"])) for row in ROWS}
member = (county[:, None] == np.array(names)) * 1.0
same = member @ member.T
within = np.sqrt(sum(((y[county == name] - mean[name]) ** 2).sum() for name in names) / (919 - 85))
LAC = "Lac qui Parle"


@functools.cache
def lme4(predictors: str = "", data: str = "radon", method: str = "reml") -> SimpleNamespace:
    """Return what R's lme4 says of a model; see tests/lme4_reference.R."""
    with (ROOT / "tests" / "lme4_reference.csv").open(encoding="utf-8") as file:
        rows = csv.DictReader(line for line in file if not line.startswith("#"))
        found = {}
        for row in rows:
            if (row["data"], row["predictors"], row["method"]) == (data, predictors, method):
                found.setdefault(row["quantity"], {})[row["name"]] = float(row["value"])
    alone = {what: each[""] for what, each in found.items() if list(each) == [""]}
    fit = SimpleNamespace(**(found | alone))
    fit.n0 = (fit.sigma_y / fit.sigma_alpha) ** 2
    return fit


MEANS, FLOOR, SOIL = lme4(), lme4("floor"), lme4("floor log_uranium")


def least_squares(X):
    """Return coefficients, their standard errors, and the residual sd."""
    b, *_ = np.linalg.lstsq(X, y, rcond=None)
    s = np.sqrt(((y - X @ b) ** 2).sum() / (len(y) - X.shape[1]))
    return b, s * np.sqrt(np.diag(np.linalg.inv(X.T @ X))), s


LINE = least_squares(np.column_stack([np.ones(919), x]))
OWN = least_squares(np.column_stack([member, x]))


def level(fit, columns, at, name):
    """Return mean and sd of a county's level at the predictors `at`, all matrices written out."""
    X, c = np.column_stack([np.ones(919), *columns]), fit.sigma_alpha**2 * (county == name)
    V = fit.sigma_y**2 * np.eye(919) + fit.sigma_alpha**2 * same
    inverse_X, inverse_c = np.linalg.solve(V, X), np.linalg.solve(V, c)
    A = np.linalg.inv(X.T @ inverse_X)
    b = A @ inverse_X.T @ y
    d = np.array(at) - X.T @ inverse_c
    return at @ b + inverse_c @ (y - X @ b), np.sqrt(fit.sigma_alpha**2 - c @ inverse_c + d @ A @ d)


def pci(middle: float, sd: float) -> list[float]:
    """Return a level and its 95% interval in pCi/L."""
    return [float(np.exp(middle + k * sd)) for k in (0, -1.96, 1.96)]


def chances(fit=FLOOR, spread=True) -> dict[str, float]:
    """Return each county's chance that a basement is above 4 pCi/L (or that its level is)."""
    noise = fit.sigma_y if spread else 0
    return {
        name: norm.sf(np.log(4), fit.intercept[name], np.hypot(fit.intercept_sd[name], noise))
        for name in names
    }


def new_county(fit=FLOOR, floor=0) -> float:
    """Return the chance of a basement in a county that was not measured."""
    sd = np.sqrt(fit.sigma_alpha**2 + fit.sigma_y**2 + fit.standard_error["intercept"] ** 2)
    return norm.sf(np.log(4), fit.coefficient["intercept"], sd)


def deviance(r, outcome=y, X=None, restricted=False):
    """Return -2 log likelihood at a ratio of spreads, all else at its best, by eigenvalues."""
    X = np.column_stack([np.ones(919), x]) if X is None else X
    if restricted:  # of contrasts, which the coefficients do not move
        Q = np.linalg.qr(X, mode="complete")[0][:, X.shape[1] :]
        V, z = Q.T @ (np.eye(919) + r**2 * same) @ Q, Q.T @ outcome
        size, N = np.linalg.slogdet(V)[1] + np.linalg.slogdet(X.T @ X)[1], len(z)
        rss = z @ np.linalg.solve(V, z)
    else:
        V, N = np.eye(919) + r**2 * same, 919
        inverse_X = np.linalg.solve(V, X)
        z = outcome - X @ np.linalg.solve(X.T @ inverse_X, inverse_X.T @ outcome)
        size, rss = np.linalg.slogdet(V)[1], z @ np.linalg.solve(V, z)
    return N * (1 + np.log(2 * np.pi * rss / N)) + size


def demeaned(r, outcome):
    """Return -2 log likelihood by least squares, a part of each county's mean taken away."""
    columns = np.column_stack([np.ones(919), x, outcome])
    part = 1 - 1 / np.sqrt(1 + size * r**2)
    columns = columns - member @ (part[:, None] * (member.T @ columns) / size[:, None])
    *X, z = columns.T
    rss = np.linalg.lstsq(np.transpose(X), z, rcond=None)[1][0]
    return 919 * (1 + np.log(2 * np.pi * rss / 919)) + np.log(1 + size * r**2).sum()


def slopes() -> dict[str, float]:
    """Return the slope of each county's own regression, where there is one."""
    found = {}
    for name in names:
        here = county == name
        if 0 < x[here].sum() < here.sum():
            found[name] = np.polyfit(x[here], y[here], 1)[0]
    return found


@functools.cache
def left_out(r, whole=False):
    """Return each house's error, it (or its whole county) left out, at a ratio of spreads.

    With P = V^-1 - V^-1 X (X' V^-1 X)^-1 X' V^-1 the errors of a block are P_block^-1 (P y)_block.
    """
    X = np.column_stack([np.ones(919), x])
    inverse = np.linalg.inv(np.eye(919) + r**2 * same)
    P = inverse - inverse @ X @ np.linalg.solve(X.T @ inverse @ X, X.T @ inverse)
    if not whole:
        return (P @ y) / np.diag(P)
    error = np.empty(919)
    for name in names:
        block = county == name
        error[block] = np.linalg.solve(P[np.ix_(block, block)], (P @ y)[block])
    return error


def posterior():
    """Return a grid of sigma_alpha and its posterior under the flat prior, from the deviance."""
    X = np.column_stack([np.ones(919), x])
    log_sigma_y = np.log(FLOOR.sigma_y) + np.linspace(-0.15, 0.15, 61)
    sigma_alpha = np.linspace(0.1, 0.7, 241)
    ratios = np.linspace(0.1, 1.1, 201)
    fixed, rss = np.transpose([pieces(r, X) for r in ratios])
    r = sigma_alpha[:, None] / np.exp(log_sigma_y)
    s2 = np.exp(2 * log_sigma_y)
    log = -0.5 * np.interp(r, ratios, fixed) - 0.5 * np.interp(r, ratios, rss) / s2
    log -= 917 * log_sigma_y
    mass = np.exp(log - log.max()).sum(axis=1)
    return sigma_alpha, mass / mass.sum()


def pieces(r, X):
    """Return log|V| + log|X' V^-1 X| and the sum of squares that is left, at a ratio."""
    part = 1 - 1 / np.sqrt(1 + size * r**2)
    both = np.column_stack([X, y])
    both = both - member @ (part[:, None] * (member.T @ both) / size[:, None])
    X, z = both[:, :-1], both[:, -1]
    rss = np.linalg.lstsq(X, z, rcond=None)[1][0]
    return np.log(1 + size * r**2).sum() + np.linalg.slogdet(X.T @ X)[1], rss


def clustered(d, group):
    """Return the mean of d, and its error: the sandwich of a regression on a constant."""
    group = np.asarray(group)
    sums = [(d - d.mean())[group == one].sum() for one in dict.fromkeys(group.tolist())]
    J = len(sums)
    return d.mean(), np.sqrt(np.square(sums).sum() * J / (J - 1)) / len(d)
