"""The Beta-Binomial likelihood, to the last digit: from one trial per unit to a thousand million.

Written for `helpers.beta_binomial` and `helpers.mcmc`, which say what it is for.
"""

from __future__ import annotations

import math
from itertools import product

import numpy as np
from scipy.special import digamma, expit, gammaln

from helpers._validate import counts, positive, real, successes_and_trials, together

#: How many (grid point, unit) pairs are worked on at a time: a few megabytes.
BLOCK = 30_000


def log_beta_binomial(y, n, alpha, beta):
    """Return the log probability of y successes in n trials under Beta(alpha, beta) rates.

    Parameters
    ----------
    y, n, alpha, beta : array_like
        They broadcast against each other; every unit may have its own alpha and beta.

    Returns
    -------
    float or ndarray
        log [ C(n, y) B(alpha + y, beta + n - y) / B(alpha, beta) ].

    Notes
    -----
    Written with log-gammas, terms as large as n log n cancel. Here the large parts are cancelled
    on paper: Stirling's formula with its exact remainder, as Loader (2000) does for the binomial.
    What error is left is the rounding of y log(raw rate / mean), and of the same for n - y.
    """
    y, n = real("y", y, bools=True), real("n", n, bools=True)
    for name, values in (("y", y), ("n", n)):
        counts(name, values.ravel())
    alpha, beta = positive("alpha", alpha), positive("beta", beta)
    together(y=y, n=n, alpha=alpha, beta=beta)
    y, n = together(y=y, n=n)
    if (y > n).any():
        raise ValueError(f"y: successes cannot exceed trials n; got {y[y > n][0]} of {n[y > n][0]}")
    return log_beta_binomial_given(y, n, *data_terms(y, n), alpha, beta)[()]


def data_terms(y, n):
    """Return what does not depend on alpha and beta: log(y/n), log(1-y/n), rest of log C(n, y)."""
    log_p = np.where(y > 0, -np.log1p((n - y) / np.maximum(y, 1)), 0.0)
    log_q = np.where(y < n, -np.log1p(y / np.maximum(n - y, 1)), 0.0)
    inner = (y > 0) & (y < n)
    y, n = np.where(inner, y, 1), np.where(inner, n, 2)
    rest = stirling(n) - stirling(y) - stirling(n - y) - 0.5 * np.log(2 * np.pi * y * (n - y) / n)
    return log_p, log_q, np.where(inner, rest, 0.0)


def log_beta_binomial_given(y, n, log_p, log_q, binomial, alpha, beta):
    """Do the work of `log_beta_binomial`, given what depends on the data alone."""
    size, rest = alpha + beta, n - y
    log_y, log_rest, log_n = np.log1p(y / alpha), np.log1p(rest / beta), np.log1p(n / size)
    # log of posterior mean / prior mean: near 0 from their difference, which loses no digits
    move = (y * beta - rest * alpha) / (size + n)
    up, down = move / alpha, -move / beta
    up = np.where(up < -0.5, log_y - log_n, np.log1p(np.maximum(up, -0.5)))
    down = np.where(down < -0.5, log_rest - log_n, np.log1p(np.maximum(down, -0.5)))
    total = (alpha + y) * up + (beta + rest) * down
    total += y * (-np.log1p(beta / alpha) - log_p) + rest * (-np.log1p(alpha / beta) - log_q)
    total -= 0.5 * (log_y + log_rest - log_n)
    total += stirling(alpha + y) + stirling(beta + rest) - stirling(size + n)
    total -= stirling(alpha) + stirling(beta) - stirling(size)
    return total + binomial


def stirling(z):
    """Return log Gamma(z) - [(z - 1/2) log z - z + log(2 pi) / 2], for z > 0."""
    z = np.asarray(z, float)
    far = np.maximum(z, 10.0)
    r = 1 / (far * far)
    rest = (1 / 12 - r * (1 / 360 - r * (1 / 1260 - r * (1 / 1680 - r / 1188)))) / far
    near = z < 10
    if near.any():
        rest = np.array(rest)
        z = z[near]
        rest[near] = gammaln(z) - ((z - 0.5) * np.log(z) - z + 0.5 * math.log(2 * math.pi))
    return rest


class Units:
    """Units summed up for the likelihood: each distinct (y, n) once, and how often it occurs."""

    def __init__(self, y, n):
        y, n = successes_and_trials(y, n)
        pairs, self.count = np.unique(y[n > 0] + 1j * n[n > 0], return_counts=True)
        self.y, self.n = pairs.real.copy(), pairs.imag.copy()
        self.total_y, self.total_n = (self.count @ x for x in (self.y, self.n))
        self.log_p, self.log_q, self.binomial = data_terms(self.y, self.n)
        self.inner = (self.y > 0) & (self.y < self.n)

    def log_likelihood(self, alpha, beta):
        """Sum over units; broadcasts over alpha and beta."""
        alpha, beta = np.broadcast_arrays(alpha, beta)
        total = np.zeros(alpha.size)
        step = max(1, BLOCK // self.y.size)
        for start, first in product(range(0, alpha.size, step), range(0, self.y.size, BLOCK)):
            part, some = slice(start, start + step), slice(first, first + BLOCK)
            terms = log_beta_binomial_given(
                self.y[some],
                self.n[some],
                self.log_p[some],
                self.log_q[some],
                self.binomial[some],
                alpha.ravel()[part, None],
                beta.ravel()[part, None],
            )
            total[part] += terms @ self.count[some]
        return total.reshape(alpha.shape)[()]

    def mean_given(self, sizes):
        """Mean rate of the population if alpha + beta were so: a weighted average of rates."""
        rates, step = self.y / self.n, max(1, BLOCK // self.y.size)
        means = []
        for start in range(0, sizes.size, step):
            weight = self.count * self.n / (self.n + sizes[start : start + step, None])
            means.append(weight @ rates / weight.sum(axis=1))
        return np.concatenate(means)

    def pooled_log_likelihood(self):
        """Log likelihood with one rate for all units: the limit of an infinite alpha + beta."""
        mean = self.total_y / self.total_n
        return self.count @ (
            self.binomial
            + self.y * (math.log(mean) - self.log_p)
            + (self.n - self.y) * (math.log1p(-mean) - self.log_q)
        )

    def score(self, log_odds, log_size):
        """Gradient of the log likelihood in (log(alpha/beta), log(alpha+beta))."""
        size, mean = math.exp(log_size), expit(log_odds)
        alpha, beta = size * mean, size * expit(-log_odds)
        d_alpha = self.count @ (digamma(alpha + self.y) - digamma(alpha))
        d_beta = self.count @ (digamma(beta + (self.n - self.y)) - digamma(beta))
        d_size = self.count @ (digamma(size + self.n) - digamma(size))
        return np.array(
            [
                alpha * float(expit(-log_odds)) * (d_alpha - d_beta),
                alpha * d_alpha + beta * d_beta - size * d_size,
            ]
        )

    def refuse_one_sided(self):
        """Raise `ValueError` if there is no success, or no failure, in all the data."""
        if self.total_y == 0:
            raise ValueError("y: every entry is 0, so no Beta population fits best; add a prior")
        if self.total_y == self.total_n:
            raise ValueError(
                "y: every entry equals n, so no Beta population fits best; add a prior"
            )
