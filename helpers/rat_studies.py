"""What notebook 04 computes at length: tables, data sets with a known truth, a third level."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import optimize
from scipy.special import betaln, expit

from helpers import simulate
from helpers._validate import generator, successes_and_trials, whole
from helpers.beta_binomial import fit_marginal_likelihood, log_beta_binomial, posterior_grid
from helpers.mcmc import collapsed


def coverage(
    J, *, repeats, rng, trials=20, alpha=2.3, beta=14.1, draws=300, warmup=200
) -> dict[tuple[str, str], float]:
    """Count how often 95% intervals of empirical and of full Bayes hold the truth.

    Parameters
    ----------
    J : int
        Units per data set, `trials` each, their rates from Beta(alpha, beta).
    repeats : int
        Data sets. Those without any success are drawn again: no method answers them.
    rng : numpy.random.Generator
    draws, warmup : int
        Of the collapsed sampler, one chain per data set, under `bda3_prior`.

    Returns
    -------
    dict
        (method, "coverage" or "width") -> average over all units of all data sets.
    """
    n = np.full(whole("J", J, least=1), trials)
    data = simulate.beta_binomial(n, alpha=alpha, beta=beta, rng=rng, replications=2 * repeats)
    inner = ((data.y > 0) & (data.y < n)).any(axis=1)
    use = np.flatnonzero(inner)[:repeats]
    y, truth = data.y[use], data.truth[use]
    full = collapsed(y, n, chains=len(y), draws=draws, warmup=warmup, rng=rng, progress=False)
    told = {}
    for method, (low, high) in (
        ("empirical Bayes", _plugged_in(y, n)[1:]),
        ("full Bayes", np.quantile(full.theta, [0.025, 0.975], axis=1)),
    ):
        told[method, "coverage"] = float(np.mean((low <= truth) & (truth <= high)))
        told[method, "width"] = float(np.mean(high - low))
    return told


def score_poolings(n, *, repeats, rng, **truth) -> dict[str, list[float]]:
    """Score the three poolings on data sets with a known truth.

    Parameters
    ----------
    n : array_like, shape (J,)
        Trials per unit.
    repeats : int
        Data sets.
    rng : numpy.random.Generator
    **truth
        `alpha` and `beta` of a population, or `truth`, the rates themselves.

    Returns
    -------
    dict
        Pooling -> [bias, variance, mean squared error, coverage of the 95% interval]. Intervals
        are exact binomial without pooling (Clopper-Pearson, for its own rate or for the one rate)
        and empirical Bayes with partial pooling.
    """
    from scipy import stats

    n = np.asarray(n, float)
    data = simulate.beta_binomial(n, rng=rng, replications=repeats, **truth)
    total, trials = data.y.sum(axis=1, keepdims=True), n.sum()
    estimates = {
        "no pooling": (data.raw, *_exact(data.y, n, stats)),
        "complete pooling": (total / trials, *_exact(total, trials, stats)),
        "partial pooling": _plugged_in(data.y, n),
    }
    scores = {}
    for name, (estimate, low, high) in estimates.items():
        s = simulate.score(estimate, data.truth, low, high)
        scores[name] = [s.bias, s.variance, s.mse, s.coverage]
    return scores


def _plugged_in(y, n):
    """Mean and ends of the 95% interval of empirical Bayes, for data sets one a row."""
    from scipy import special

    fits = [fit_marginal_likelihood(row, n) for row in y]
    mean = np.array([fit.mean for fit in fits])[:, None]
    size = np.array([min(fit.prior_sample_size, 1e12) for fit in fits])[:, None]
    a, b = size * mean + y, size * (1 - mean) + n - y
    low, high = (special.betaincinv(a, b, q) for q in (0.025, 0.975))
    pooled = size >= 1e12  # one rate for all: the interval is a point
    return a / (a + b), np.where(pooled, mean, low), np.where(pooled, mean, high)


def _exact(y, n, stats):
    """Clopper-Pearson 95% interval."""
    low = np.where(y > 0, stats.beta.ppf(0.025, np.maximum(y, 1), n - y + 1), 0.0)
    high = np.where(y < n, stats.beta.ppf(0.975, y + 1, np.maximum(n - y, 1)), 1.0)
    return low, high


@dataclass(frozen=True)
class Labs:
    """A third level: rates within a lab, and the labs' means from a population of labs."""

    mean: float  # mean of the labs' means
    between: float  # prior sample size of the population of labs
    within: float  # prior sample size of the population within a lab
    lab_means: np.ndarray  # posterior mean of each lab's mean rate, shape (labs,)
    log_likelihood: float


def fit_labs(y, n) -> Labs:
    """Fit three levels by maximum likelihood, the labs' means integrated out numerically.

    Lab l has mean rate M_l ~ Beta(S m, S (1 - m)); its experiments have rates
    Beta(k M_l, k (1 - M_l)) and binomial counts.

    Parameters
    ----------
    y, n : array_like, shape (labs, experiments)
        Successes and trials; n may be one number for all.

    Returns
    -------
    Labs
    """
    y = np.asarray(y, float)
    n = np.broadcast_to(np.asarray(n, float), y.shape)
    successes_and_trials(y.ravel(), n.ravel())
    node, weight = np.polynomial.legendre.leggauss(80)
    node, weight = ((node + 1) / 2)[:, None], (weight / 2)[:, None]

    def terms(p):
        """Log of weight x density of the lab's mean x probability of its counts."""
        mean, between, within = expit(p[0]), np.exp(p[1]), np.exp(p[2])
        a, b = between * mean, between * (1 - mean)
        prior = (a - 1) * np.log(node) + (b - 1) * np.log1p(-node) - betaln(a, b)
        each = log_beta_binomial(y, n, within * node[..., None], within * (1 - node[..., None]))
        return np.log(weight) + prior + each.sum(axis=2)

    start = [np.log(y.sum() + 0.5) - np.log((n - y).sum() + 0.5), 2.0, 3.0]
    found = optimize.minimize(
        lambda p: -np.logaddexp.reduce(terms(p)).sum(),
        start,
        method="Nelder-Mead",
        options={"xatol": 1e-4, "fatol": 1e-6, "maxiter": 1000},
    )
    share = terms(found.x)
    share = np.exp(share - np.logaddexp.reduce(share))
    return Labs(
        float(expit(found.x[0])),
        float(np.exp(found.x[1])),
        float(np.exp(found.x[2])),
        (share * node).sum(axis=0),
        float(-found.fun),
    )


def draw_populations(repeats, units, *, rng):
    """Draw alpha, beta and rates from the textbook's prior, cut off to 1 <= alpha + beta <= 1000.

    Parameters
    ----------
    repeats, units : int
        Populations, and units in each.
    rng : numpy.random.Generator

    Returns
    -------
    alpha, beta : ndarray, shape (repeats,)
    theta : ndarray, shape (repeats, units)
    """
    size = (1 - rng.random(repeats) * (1 - 1000**-0.5)) ** -2  # density as size^(-3/2)
    mean = rng.random(repeats)
    alpha, beta = size * mean, size * (1 - mean)
    return alpha, beta, rng.beta(alpha[:, None], beta[:, None], (repeats, units))


def calibration(sampler, *, repeats, rng, log_prior, trials, ranks=19, thin=10, warmup=300):
    """Rank true values among posterior draws: simulation-based calibration (Talts et al. 2018).

    Parameters
    ----------
    sampler : callable
        Such as `helpers.mcmc.collapsed`.
    repeats : int
        Data sets, one chain each.
    rng : numpy.random.Generator
    log_prior : callable
        The prior given to the sampler; the right one is that of `draw_populations`, which draws
        the truth: (alpha + beta)^(-5/2) for 1 <= alpha + beta <= 1000.
    trials : array_like, shape (J,)
        Trials per unit.
    ranks : int
        Draws that each true value is ranked among.
    thin : int
        Sweeps between two of them, so that they are nearly independent.
    warmup : int
        Sweeps thrown away.

    Returns
    -------
    dict
        Ranks from 0 to `ranks`, shape (repeats,), of log_odds, log_size, theta (of the first
        unit) and extremity: theta's distance from one half, which sees a swap of alpha and beta.
    """
    rng = generator(rng)
    trials = np.asarray(trials, np.int64)
    alpha, beta, theta = draw_populations(repeats, trials.size, rng=rng)
    y = rng.binomial(trials, theta)
    run = sampler(
        y,
        trials,
        chains=repeats,
        draws=ranks * thin,
        warmup=warmup,
        rng=rng,
        log_prior=log_prior,
        progress=False,
    )
    truth = {"log_odds": np.log(alpha / beta), "log_size": np.log(alpha + beta)}
    truth["theta"] = theta[:, 0]
    drawn = {"log_odds": run["log_odds"], "log_size": run["log_size"], "theta": run.theta[:, :, 0]}
    truth["extremity"], drawn["extremity"] = (np.abs(x["theta"] - 0.5) for x in (truth, drawn))
    return {
        name: (drawn[name][:, thin - 1 :: thin] < truth[name][:, None]).sum(axis=1)
        for name in truth
    }


def describe(fits, y, n):
    """Return a table of fitted populations and what each says of one unit.

    Parameters
    ----------
    fits : mapping of str to BetaPopulation
    y, n : int
        Successes and trials of the unit.

    Returns
    -------
    pandas.DataFrame
    """
    import pandas as pd

    rows = {}
    for name, fit in fits.items():
        now = fit.posterior(y, n)
        rows[name] = {
            "alpha": fit.alpha,
            "beta": fit.beta,
            "kappa": fit.prior_sample_size,
            "weight": fit.weight(n),
            "risk": now.mean(),
            "2.5%": now.interval(0.95)[0],
            "97.5%": now.interval(0.95)[1],
        }
    return pd.DataFrame(rows).T


def mean_by_bound(y, n) -> tuple[np.ndarray, np.ndarray]:
    """Return the posterior mean of alpha over all alpha + beta up to a bound, for many bounds.

    Parameters
    ----------
    y, n : array_like, shape (J,)

    Returns
    -------
    bound, mean : ndarray
        From about 20 trials to e^28.
    """
    grid = posterior_grid(y, n, bounds=((-12, 8), (-8, 28)), points=150)
    mass = np.cumsum(grid.mass.sum(axis=1))
    mean = np.cumsum((grid.mass * grid.alpha).sum(axis=1)) / mass
    step = grid.log_size[1] - grid.log_size[0]
    use = grid.log_size > 3
    return np.exp(grid.log_size + step / 2)[use], mean[use]


def against_exact(runs, grid, y, n, *, units):
    """Return a table that compares samplers with the exact answer.

    Parameters
    ----------
    runs : mapping of str to Draws
    grid : PosteriorGrid
    y, n : array_like, shape (J,)
    units : sequence of int
        Whose rates to compare.

    Returns
    -------
    pandas.DataFrame
        Columns exact, mean, mcse, z (distance in Monte Carlo errors), ESS per 1,000 draws, r_hat.
    """
    import pandas as pd

    theta = grid.mean(lambda a, b: (a + y) / (a + b + n))
    exact = [grid.mean(lambda a, b: np.log(a / b)), grid.mean(lambda a, b: np.log(a + b))]
    exact += [theta[j] for j in units]
    tables = {}
    for name, run in runs.items():
        table = run.summary("log_odds", "log_size", "theta", theta=units)
        table["exact"] = exact
        table["z"] = (table["mean"] - table["exact"]) / table["mcse"]
        table["ESS per 1,000"] = table["ess_bulk"] / run.alpha.size * 1000
        tables[name] = table[["exact", "mean", "mcse", "z", "ESS per 1,000", "r_hat"]]
    return pd.concat(tables)


def prior_spread(log_prior, *, rng, J=71, repeats=2000):
    """Draw populations from a prior; return how far apart (sd) the true rates of J units lie.

    Parameters
    ----------
    log_prior : callable
        A proper prior; what it says of alpha + beta below e^-4 or above e^8 is left out.
    rng : numpy.random.Generator
    J, repeats : int
        Units per population, populations.

    Returns
    -------
    ndarray, shape (repeats,)
    """
    log_odds, log_size = np.meshgrid(np.linspace(-12, 12, 200), np.linspace(-4, 8, 200))
    a, b = np.exp(log_size) * expit(log_odds), np.exp(log_size) * expit(-log_odds)
    weight = np.exp(log_prior(a, b)) * a * b
    cell = rng.choice(a.size, repeats, p=(weight / weight.sum()).ravel())
    return rng.beta(a.ravel()[cell], b.ravel()[cell], (J, repeats)).std(axis=0)
