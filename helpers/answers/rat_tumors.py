"""Answers to the exercises of notebook 04."""

from __future__ import annotations

from functools import cache

import numpy as np
from scipy.special import gammaln

from helpers.beta_binomial import fit_marginal_likelihood, posterior_grid
from helpers.check import choice, exercise, number
from helpers.datasets import load_rat_tumors


@cache
def _data():
    table = load_rat_tumors()
    return table["tumors"].to_numpy(), table["rats"].to_numpy()


@exercise("4.1")
def _noise_removed(answer):
    y, n = (values[:-1] for values in _data())
    mean, h = np.mean(y / n), np.mean(1 / n)
    variance = np.var(y / n, ddof=1)

    def size(tau2):
        return mean * (1 - mean) / tau2 - 1

    return number(
        answer,
        size((variance - mean * (1 - mean) * h) / (1 - h)),
        slips={
            "That is tau squared. The prior sample size is m (1 - m) / tau2 - 1.": (
                variance - mean * (1 - mean) * h
            )
            / (1 - h),
            "That is the source's: no noise was taken off.": size(np.var(y / n)),
            "No noise was taken off.": size(variance),
            "The - h tau2 on the right is missing: divide by 1 - h.": size(
                variance - mean * (1 - mean) * h
            ),
            "One less: m (1 - m) / tau2 - 1.": size((variance - mean * (1 - mean) * h) / (1 - h))
            + 1,
        },
    )


@exercise("4.2")
def _moves_most(answer):
    y, n = _data()
    population = fit_marginal_likelihood(y[:-1], n[:-1])
    raw = y / n
    most = np.argmax(np.abs(population.posterior(y, n).mean() - raw))
    farthest = np.argmax(np.abs(raw - population.mean))
    slips = {
        "That is the smallest experiment. It gives up most of its distance, but that distance is "
        "short: its rate of 0.10 is close to the centre.": n.min(),
        "That is how far it moves, in risk. How many rats does it have?": abs(
            population.posterior(y[most], n[most]).mean() - raw[most]
        ),
        "That is its place in the table; look up its rats there.": most,
        "Those are its rats with a tumour; how many rats does it have in all?": y[most],
    }
    if n[farthest] != n[most]:
        slips["That one lies farthest out, but it keeps most of its own say."] = n[farthest]
    return number(answer, n[most], slips=slips)


@exercise("4.3")
def _exponent(answer):
    return number(
        answer,
        -1.5,
        slips={
            "That is the exponent in (alpha, beta). In (mean, kappa) the Jacobian adds one power "
            "of kappa: d(alpha) d(beta) = kappa d(mean) d(kappa).": -2.5,
            "The Jacobian multiplies by kappa, it does not divide.": -3.5,
            "Mind the sign: the density falls as kappa grows.": 1.5,
            "That is the exponent for (mean, log kappa), one power further.": -0.5,
        },
    )


def _not_a_function(answer, names):
    if not callable(answer):
        return f"A function is wanted: set the answer to {names}."
    return ""


@exercise("4.4")
def _metropolis(answer):
    if complaint := _not_a_function(answer, "my_metropolis, without brackets"):
        return complaint
    rng = np.random.default_rng(43)
    x = np.full(4000, 1.0)
    try:
        first = np.asarray(answer(x, lambda z: -(z**2) / 2, 1.0, rng))
        if first.dtype == object or first.shape != x.shape:
            return "It must return one number a chain; are both gaps filled?"
        stayed = np.mean(first == x)
        for _ in range(60):
            x = answer(x, lambda z: -(z**2) / 2, 1.0, rng)
        flat = answer(np.zeros(4000), lambda z: 0 * z, 1.0, rng)
    except Exception as error:
        return f"It stopped with {type(error).__name__}: {error}"
    if len(np.unique(first - 1)) < 1000:
        return "All chains took the same step: each needs its own normal (and uniform) number."
    if abs(np.std(flat) - 1) > 0.1 and np.mean(flat == 0) < 0.01:
        return f"Proposals with step 1 should have sd 1 around x; yours have {np.std(flat):.2f}."
    if np.mean(flat == 0) > 0.01:
        return "Where the density is level every proposal must be accepted; yours are not."
    if stayed == 0:
        return "It accepts every proposal. A lower density is accepted only now and then."
    mean, sd = np.mean(x), np.std(x)
    if abs(mean) > 0.1 or abs(sd - 1) > 0.1:
        hint = " Compare log(uniform) with the log ratio." if sd < 0.9 else ""
        hint = " Is the comparison the right way round?" if sd > 1.5 else hint
        return (
            f"On a standard normal density it ends with mean {mean:.2f} and sd {sd:.2f}; "
            f"0 and 1 are wanted.{hint}"
        )
    return ""


@exercise("4.5")
def _sweep(answer):
    if complaint := _not_a_function(answer, "my_sweep, without brackets"):
        return complaint
    y, n = _data()
    rng = np.random.default_rng(44)
    grid = posterior_grid(y, n, points=60)
    alpha, beta = grid.sample(600, rng=rng)  # exact draws: a right sweep leaves them exact
    log_alpha, log_beta, theta = np.log(alpha), np.log(beta), None
    first = log_alpha, log_beta
    try:
        for _ in range(60):
            told = answer(log_alpha, log_beta, rng)
            if not isinstance(told, tuple) or len(told) != 3:
                return "It must return three things: log_alpha, log_beta, theta."
            log_alpha, log_beta, theta = (np.asarray(part, float) for part in told)
    except Exception as error:
        return f"It stopped with {type(error).__name__}: {error}"
    if theta.shape != (600, 71):
        return f"theta needs one row a chain and one column a risk; its shape is {theta.shape}."
    for name, before, now in zip(
        ("log_alpha", "log_beta"), first, (log_alpha, log_beta), strict=True
    ):
        if np.array_equal(before, now):
            return f"{name} never moves. Is the result of the Metropolis step kept?"
    mean = theta.mean()
    if abs(mean - grid.mean(lambda a, b: (a + y) / (a + b + n)).mean()) > 0.01:
        return (
            f"The risks average {mean:.2f}; about 0.15 is wanted. "
            "Which way round do y and n - y go?"
        )
    odds, size = log_alpha - log_beta, np.logaddexp(log_alpha, log_beta)
    for name, values, f in (
        ("log(alpha/beta)", odds, lambda a, b: np.log(a / b)),
        ("log(alpha+beta)", size, lambda a, b: np.log(a + b)),
    ):
        right = grid.mean(f)
        sd = np.sqrt(grid.mean(lambda a, b, f=f, right=right: (f(a, b) - right) ** 2))
        off = (values.mean() - right) / (sd / np.sqrt(values.size))
        if abs(off) > 5 or abs(np.log(values.std() / sd)) > 0.2:
            return (
                f"From exact draws, 60 sweeps lead {name} to mean {values.mean():.2f} and "
                f"sd {values.std():.2f}; {right:.2f} and {sd:.2f} are wanted. Does each step use "
                "the newest values, and do both conditionals use the same theta?"
            )
    return ""


def metropolis(x, log_density, step, rng):
    """Propose a normal step from each x; accept it with probability min(1, density ratio)."""
    proposal = x + step * rng.standard_normal(x.shape)
    log_ratio = log_density(proposal) - log_density(x)
    accept = np.log(rng.random(x.shape)) < log_ratio
    return np.where(accept, proposal, x)


def sweep(log_alpha, log_beta, rng, step=0.2):
    """Draw all 71 risks, then move log alpha, then log beta; one entry per chain.

    Returns
    -------
    log_alpha, log_beta : ndarray, shape (chains,)
    theta : ndarray, shape (chains, 71)
    """
    y, n = _data()
    alpha, beta = np.exp(log_alpha)[:, None], np.exp(log_beta)[:, None]
    theta = rng.beta(alpha + y, beta + n - y)
    s, r = np.log(theta).sum(axis=1), np.log1p(-theta).sum(axis=1)

    def log_conditional(log_alpha, log_beta):
        alpha, beta = np.exp(log_alpha), np.exp(log_beta)
        constant = y.size * (gammaln(alpha + beta) - gammaln(alpha) - gammaln(beta))
        density = constant + alpha * s + beta * r - 2.5 * np.log(alpha + beta)
        return density + log_alpha + log_beta

    log_alpha = metropolis(log_alpha, lambda x: log_conditional(x, log_beta), step, rng)
    log_beta = metropolis(log_beta, lambda x: log_conditional(log_alpha, x), step, rng)
    return log_alpha, log_beta, theta


def effective_size(x):
    """Return the effective sample size of the mean, by Geyer's rule on split chains."""
    halves = np.concatenate(np.split(np.asarray(x, float), 2, axis=1))
    length = halves.shape[1]
    centred = halves - halves.mean(axis=1, keepdims=True)
    lags = [np.correlate(c, c, "full")[length - 1 :] for c in centred]
    covariance = np.mean(lags, axis=0) / length
    total = covariance[0] + halves.mean(axis=1).var(ddof=1)
    rho = 1 - (covariance[0] * length / (length - 1) - covariance) / total
    rho[0] = 1
    pairs = rho[: rho.size // 2 * 2].reshape(-1, 2).sum(axis=1)
    negative = np.flatnonzero(pairs < 0)
    stop = negative[0] if negative.size else pairs.size - 2
    tau = -1 + 2 * np.minimum.accumulate(pairs[:stop]).sum() + max(rho[2 * stop], 0)
    return x.size / tau


@exercise("4.6")
def _ess(answer):
    if complaint := _not_a_function(answer, "my_ess, without brackets"):
        return complaint
    rng = np.random.default_rng(45)
    x = np.zeros((4, 600))
    for t in range(1, 600):  # four chains in which neighbours are alike
        x[:, t] = 0.9 * x[:, t - 1] + rng.standard_normal(4)
    right = effective_size(x)
    try:
        told = answer(x)
    except Exception as error:
        return f"It stopped with {type(error).__name__}: {error}"
    if told is None or told is ...:
        return "It returns nothing yet: end with `return x.size / tau`."
    tau = x.size / right
    return number(
        told,
        right,
        rtol=1e-6,
        slips={
            "That is tau itself; the effective size is x.size / tau.": tau,
            "That is x.size times tau.": x.size * tau,
        },
    )


@exercise("4.7")
def _one_chain(answer):
    return choice(
        answer,
        "b",
        {
            "a": "A chain that is stuck in a wrong place agrees with itself very well.",
            "c": "R-hat says nothing about precision; the effective sample size does.",
        },
    )


@exercise("4.8")
def _four_or_more(answer):
    from scipy import stats

    y, n = _data()
    grid = posterior_grid(y, n, points=50)
    fit = fit_marginal_likelihood(y, n)
    right = grid.mean(lambda a, b: stats.betabinom(14, a, b).sf(3))
    five = grid.mean(lambda a, b: stats.betabinom(14, a, b).sf(4))
    seen = grid.mean(lambda a, b: stats.betabinom(14, a + 4, b + 10).sf(3))
    return number(
        answer,
        right,
        rtol=0.02,  # draws may be used instead of the grid
        slips={
            "That is for 5 or more: sf(4) is the chance of more than 4.": five,
            "That is for 14 more rats of the current group; a new one has not been seen.": seen,
            "That takes every group's risk to be the mean risk.": stats.binom(14, fit.mean).sf(3),
            "That is the chance of 3 or fewer.": 1 - right,
        },
    )


@exercise("4.9")
def _lowest(answer):
    grid = posterior_grid(
        [4, 2, 1],
        [14, 20, 19],
        log_prior=lambda a, b: np.where(a + b <= 1000, -np.log(a + b), -np.inf),
        points=50,
    )
    y, n = _data()
    return number(
        answer,
        grid.mean(lambda a, b: (a + 4) / (a + b + 14)),
        rtol=5e-3,
        slips={
            "That is the highest (the shrinkage prior).": posterior_grid(
                [4, 2, 1],
                [14, 20, 19],
                log_prior=lambda a, b: -2 * np.log1p(a + b) - np.log(a + b),
                points=50,
            ).mean(lambda a, b: (a + 4) / (a + b + 14)),
            "That is with all 71 experiments; three are asked for.": posterior_grid(
                y,
                n,
                log_prior=lambda a, b: np.where(a + b <= 1000, -np.log(a + b), -np.inf),
                points=50,
            ).mean(lambda a, b: (a + 4) / (a + b + 14)),
        },
    )


@exercise("4.10")
def _blanket(answer):
    return choice(
        answer,
        "b",
        {
            "a": "Its count y2 tells about it as well: data flow up the graph too.",
            "c": "Once alpha and beta are known, the other risks have nothing to add.",
        },
    )
