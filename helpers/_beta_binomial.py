"""The Beta-Binomial likelihood, to the last digit: from one trial per unit to a thousand million.

Written for `helpers.beta_binomial` and `helpers.mcmc`, which say what it is for.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import digamma, expit, gammaln

from helpers._validate import counts, positive, real, successes_and_trials, together

#: How many (grid point, unit) pairs are worked on at a time: a few megabytes.
BLOCK = 30_000
#: Up to so many trials of a unit, and of all units, products are quicker and as exact.
FEW = 1_000, 100_000


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
    # log of posterior mean / prior mean: near 0 from their difference, which loses no digits
    move = (y * beta - rest * alpha) / (size + n)
    log_n = np.log1p(n / size)
    up = _log1p_of(move / alpha, y / alpha, log_n)
    down = _log1p_of(-move / beta, rest / beta, log_n)
    total = (alpha + y) * up + (beta + rest) * down
    total += y * (-np.log1p(beta / alpha) - log_p) + rest * (-np.log1p(alpha / beta) - log_q)
    total -= 0.5 * (up + down + log_n)
    total += stirling(alpha + y) + stirling(beta + rest) - stirling(size + n)
    total -= stirling(alpha) + stirling(beta) - stirling(size)
    return total + binomial


def _log1p_of(move, share, log_n):
    """Return log(1 + move), which is log(1 + share) - log_n: the one that loses fewer digits."""
    move, share, log_n = np.broadcast_arrays(move, share, log_n)
    value = np.array(np.log1p(np.maximum(move, -0.5)))
    far = move < -0.5
    value[far] = np.log1p(share[far]) - log_n[far]
    return value


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


def likelihood(y, n, count, terms):
    """Return the log likelihood as a function of alpha and beta, each of shape (rows, 1).

    Parameters
    ----------
    y, n : ndarray, shape (1, J) or (rows, J)
        One data set for all rows, or one for each.
    count : ndarray, shape (J,)
        How often each unit occurs.
    terms : tuple
        `data_terms(y, n)`.
    """
    few = n.max(initial=0) <= FEW[0] and (n @ count).max() <= FEW[1]
    return (_of_products if few else _of_units)(y, n, count, terms)


def _of_products(y, n, count, terms):
    """Write it as products.

    For one unit, B(alpha + y, beta + n - y) / B(alpha, beta) is

        alpha (alpha+1) ... (alpha+y-1)  beta (beta+1) ... (beta+n-y-1)
        ---------------------------------------------------------------
        (alpha+beta) (alpha+beta+1) ... (alpha+beta+n-1)

    The factor alpha + k, as alpha (1 + k/alpha), occurs once for each unit with y > k: count those
    once, and a call takes one logarithm a factor, however many units there are.
    """

    def log_product(trials):
        most = int(trials.max(initial=0))
        k = np.arange(most)
        exactly = [np.bincount(row.astype(int), count, most + 1) for row in trials]
        units = np.cumsum(np.array(exactly)[:, :0:-1], axis=1)[:, ::-1]  # with y > k
        if len(units) == 1:
            return lambda x: np.log1p(k / x) @ units[0]
        return lambda x: np.einsum("ck,ck->c", np.log1p(k / x), units)

    of_alpha, of_beta, of_both = map(log_product, (y, n - y, n))
    log_p, log_q, binomial = terms
    constant = (binomial - y * log_p - (n - y) * log_q) @ count
    successes, failures = y @ count, (n - y) @ count

    def log_likelihood(alpha, beta):
        value = of_alpha(alpha) + of_beta(beta) - of_both(alpha + beta) + constant
        value -= successes * np.log1p(beta / alpha)[:, 0]
        return value - failures * np.log1p(alpha / beta)[:, 0]

    log_likelihood.width = int(y.max(initial=0) + (n - y).max(initial=0) + n.max(initial=0))
    return log_likelihood


def _of_units(y, n, count, terms):
    """Sum over units, a block of them at a time."""
    terms = (y, n, *terms)
    blocks = [slice(first, first + BLOCK) for first in range(0, y.shape[1], BLOCK)]

    def log_likelihood(alpha, beta):
        return sum(
            log_beta_binomial_given(*(x[:, block] for x in terms), alpha, beta) @ count[block]
            for block in blocks
        )

    log_likelihood.width = y.shape[1]
    return log_likelihood


def distinct(y, n):
    """Return each distinct (y, n) once, and how often it occurs: three arrays of one length."""
    pairs, count = np.unique(y + 1j * n, return_counts=True)
    return pairs.real.copy(), pairs.imag.copy(), count.astype(float)


class Units:
    """Units summed up for the likelihood: each distinct (y, n) once, and how often it occurs."""

    def __init__(self, y, n):
        y, n = successes_and_trials(y, n)
        self.y, self.n, self.count = distinct(y[n > 0], n[n > 0])
        self.total_y, self.total_n = (self.count @ x for x in (self.y, self.n))
        self.log_p, self.log_q, self.binomial = terms = data_terms(self.y, self.n)
        self.inner = (self.y > 0) & (self.y < self.n)
        each = self.y[None], self.n[None], self.count, [term[None] for term in terms]
        self._likelihood = likelihood(*each)

    def log_likelihood(self, alpha, beta):
        """Sum over units; broadcasts over alpha and beta."""
        alpha, beta = np.broadcast_arrays(alpha, beta)
        rows = max(1, BLOCK // max(1, self._likelihood.width))
        total = [
            self._likelihood(alpha.ravel()[i : i + rows, None], beta.ravel()[i : i + rows, None])
            for i in range(0, alpha.size, rows)
        ]
        return np.concatenate([*total, []]).reshape(alpha.shape)[()]

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
