"""The likelihood of the Beta-Binomial model, the units' rates integrated out.

`helpers.beta_binomial` says what it is for and shows its public names; `helpers.mcmc` uses it too.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import digamma, expit, gammaln, logit

from helpers._validate import refuse, successes_and_trials

#: From here on the log-gamma of a parameter has too many digits before the point: use Stirling.
LARGE = 1e3
#: How many (grid point, distinct count) pairs are worked on at a time: a few megabytes.
BLOCK = 300_000
#: Up to this count, products are taken factor by factor.
FEW = 300


def alpha_beta(log_odds, log_size):
    """Return alpha and beta from log(alpha/beta) and log(alpha+beta)."""
    size = np.exp(log_size)
    return size * expit(log_odds), size * expit(-log_odds)


def counts_like(y, n):
    """Give successes and trials, numbers or arrays, one shape."""
    y, n = np.broadcast_arrays(np.asarray(y, float), np.asarray(n, float))
    refuse("y", "successes must lie between 0 and the trials n", ~((y >= 0) & (y <= n)), y)
    return y[()], n[()]


def log_rising(a, k):
    """Return log[a (a + 1) ... (a + k - 1)] = log Gamma(a + k) - log Gamma(a), elementwise."""
    if np.max(a) < LARGE:
        return gammaln(a + k) - gammaln(a)
    b = np.maximum(a, LARGE)  # Stirling's formula, the large parts cancelled on paper
    far = (b + k - 0.5) * np.log1p(k / b) + k * (np.log(b) - 1) + _remainder(b + k) - _remainder(b)
    return far if np.min(a) >= LARGE else np.where(a < LARGE, gammaln(a + k) - gammaln(a), far)


def _remainder(z):
    """Return what Stirling's formula lacks of log Gamma(z): to 1e-18 from LARGE on."""
    return (1 / 12 - 1 / (360 * z * z)) / z


def log_beta_binomial(y, n, alpha, beta):
    """Return the log probability of y successes in n trials under Beta(alpha, beta) rates.

    log [ C(n, y) B(alpha + y, beta + n - y) / B(alpha, beta) ]; the four broadcast against each
    other, so every unit may have its own alpha and beta.

    Notes
    -----
    B(alpha + y, beta + n - y) / B(alpha, beta) is alpha (alpha + 1) ... (alpha + y - 1), times the
    same for beta and n - y, over the same for alpha + beta and n. Rounding costs about
    1e-16 n log(alpha + beta + n): nothing for rats, 1e-7 for ten million trials.
    """
    y, n = counts_like(y, n)
    alpha, beta = np.asarray(alpha, float), np.asarray(beta, float)
    rising = log_rising(alpha, y) + log_rising(beta, n - y) - log_rising(alpha + beta, n)
    return log_rising(n - y + 1, y) - gammaln(y + 1) + rising


def log_marginal_likelihood(alpha, beta, y, n):
    """Return log p(y | alpha, beta), the units' rates integrated out, summed over units.

    `alpha` and `beta`, > 0, broadcast against each other: one value per pair. `y` and `n` have the
    shape (J,). The binomial coefficients are included.
    """
    if not (np.min(alpha) > 0 and np.min(beta) > 0):
        raise ValueError("alpha, beta: every entry must be > 0")
    return Units(*successes_and_trials(y, n)).log_likelihood(alpha, beta)


def bda3_prior(alpha, beta):
    """Return log p(alpha, beta) = -5/2 log(alpha + beta), up to a constant.

    The hyperprior of Gelman et al., Bayesian Data Analysis, third edition, equation 5.9: flat in
    the mean and in (alpha + beta)^(-1/2), which is about the population's standard deviation.
    """
    return -2.5 * np.log(np.asarray(alpha) + beta)


def count_table(k, count):
    """Sum up counts k (J,) of units, each there `count` times, for `rising_sums`.

    Where they are few, the factor a + i of a (a + 1) ... (a + k - 1) is there once for each unit
    with k > i: returns i and how many these are. Else the distinct counts, how many units have
    each, and that they are no factors.
    """
    if k.max(initial=0) <= FEW:
        at_least = np.bincount(k.astype(int), count)[::-1].cumsum()[::-1]
        return np.arange(at_least.size - 1), at_least[1:], True
    values, which = np.unique(k, return_inverse=True)
    return values, np.bincount(which, count), False


def rising_sums(tables, alpha, beta):
    """Return log[B(alpha + y, beta + n - y) / B(alpha, beta)], summed over units.

    `tables` are those of `count_table` for y, for n - y and for n; there is one sum for each
    entry of `alpha` and `beta`.
    """
    total = 0.0
    triples = zip((1, 1, -1), (alpha, beta, alpha + beta), tables, strict=True)
    for sign, a, (k, times, factors) in triples:
        a = a[..., None]
        logs = np.log(a + k) if factors else log_rising(a, k)
        total = total + sign * (logs * times).sum(-1)
    return total


def log_likelihood_of_rows(y, n):
    """Return a function (alpha, beta) -> log likelihood of each row's own data set, (rows,).

    `y` and `n` have the shape (rows, J).
    """
    constant = (log_rising(n - y + 1, y) - gammaln(y + 1)).sum(axis=1)
    tables = [(k, 1.0, False) for k in (y, n - y, n)]
    if n.max() <= FEW:
        at = np.arange(int(n.max()))
        tables = [(at, np.array([(k > i).sum(axis=1) for i in at]).T, True) for k in (y, n - y, n)]
    return lambda alpha, beta: constant + rising_sums(tables, alpha, beta)


class Units:
    """Units summed up for the likelihood: distinct counts, and how many units have each."""

    def __init__(self, y, n):
        pairs, count = np.unique(y[n > 0] + 1j * n[n > 0], return_counts=True)
        self.y, self.n, self.count = y, n, count = pairs.real, pairs.imag, count.astype(float)
        self.inner = (y > 0) & (y < n)
        self.total_y, self.total_n = count @ y, count @ n
        self.constant = count @ (log_rising(n - y + 1, y) - gammaln(y + 1))
        self.tables = [count_table(k, count) for k in (y, n - y, n)]

    def log_likelihood(self, alpha, beta):
        """Return the sum over units; broadcasts over alpha and beta."""
        alpha, beta = np.broadcast_arrays(np.asarray(alpha, float), beta)
        blocks = min(alpha.size, alpha.size * self.n.size // BLOCK + 1)
        if blocks <= 1:
            return self.constant + rising_sums(self.tables, alpha, beta)
        parts = (np.array_split(x.ravel(), blocks) for x in (alpha, beta))
        sums = [rising_sums(self.tables, *part) for part in zip(*parts, strict=True)]
        return self.constant + np.concatenate(sums).reshape(alpha.shape)

    def score(self, log_odds, log_size):
        """Return the slope of the log likelihood in (log(alpha/beta), log(alpha+beta))."""
        p, q, size = expit(log_odds), expit(-log_odds), math.exp(log_size)
        d_alpha, d_beta, d_size = (
            times @ (1 / (a + k) if factors else digamma(a + k) - digamma(a))
            for a, (k, times, factors) in zip((size * p, size * q, size), self.tables, strict=True)
        )
        by_odds = size * p * q * (d_alpha - d_beta)
        return np.array([by_odds, size * (p * d_alpha + q * d_beta - d_size)])

    def ridge(self, log_size):
        """Return about the likeliest log(alpha/beta) for each log(alpha+beta).

        The mean rate is then a weighted average of the raw rates: weights n / (n + n0).
        """
        share = [self.count / (self.n + size) for size in np.exp(log_size)]
        mean = np.array([(s @ self.y) / (s @ self.n) for s in share])
        least = 0.5 / (self.total_n + 1)
        return logit(np.clip(mean, least, 1 - least))

    def refuse_one_sided(self):
        """Raise `ValueError` if there is no success, or no failure, in all the data."""
        for total, what in ((0, "0"), (self.total_n, "n")):
            if self.total_y == total:
                raise ValueError(
                    f"y: every entry is {what}: no Beta population fits best; add a prior"
                )
