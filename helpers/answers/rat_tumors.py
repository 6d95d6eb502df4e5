"""The exercises of notebook 04, worked out from the data."""

import numpy as np
from arviz_stats.base import array_stats
from scipy import stats

from helpers.answers.kinds import Behaviour, Choice, Numbers
from helpers.beta_binomial import fit_marginal_likelihood, posterior_grid
from helpers.datasets import load_rat_tumors

table = load_rat_tumors()
y, n = table["tumors"].to_numpy(), table["rats"].to_numpy()
earlier = y[:-1], n[:-1]
grid = posterior_grid(y, n)
EXERCISES = {}


def size(y, n, *, noise=True, again=True, ddof=1):
    """Return the prior sample size by moments, with the noise taken off the variance."""
    m, h = np.mean(y / n), np.mean(1 / n)
    tau2 = np.var(y / n, ddof=ddof) - noise * m * (1 - m) * h
    return m * (1 - m) / (tau2 / (1 - noise * again * h)) - 1


n0, m = size(*earlier), np.mean(earlier[0] / earlier[1])
slips = {
    "That is tau squared. The prior sample size is m (1 - m) / tau2 - 1.": m * (1 - m) / (n0 + 1),
    "That is the source's: no noise was taken off.": size(*earlier, noise=False, ddof=0),
    "No noise was taken off.": size(*earlier, noise=False),
    "The - h tau2 on the right is missing: divide by 1 - h.": size(*earlier, again=False),
    "One less: m (1 - m) / tau2 - 1.": n0 + 1,
    "That is with all 71; take the 70 earlier experiments.": size(y, n),
}
EXERCISES["4.1"] = Numbers(n0, slips, rtol=1e-3, figures=3)

population = fit_marginal_likelihood(*earlier)
move = np.abs(population.posterior(y, n).mean() - y / n)
most, farthest = move.argmax(), np.abs(y / n - population.mean).argmax()
slips = {
    "The smallest experiment gives up most of its distance, but that distance is short.": n.min(),
    "That is how far it moves, in risk. How many rats does it have?": move[most],
    "That is its place in the table; look up its rats there.": most,
    "Those are its rats with a tumour; how many rats does it have in all?": y[most],
    "That one lies farthest out, but it keeps most of its distance.": n[farthest],
}
EXERCISES["4.2"] = Numbers(n[most], slips, whole=True)

slips = {
    "That is the exponent in (alpha, beta). In (mean, kappa) the Jacobian adds one power of "
    "kappa: d(alpha) d(beta) = kappa d(mean) d(kappa).": -2.5,
    "The Jacobian multiplies by kappa, it does not divide.": -3.5,
    "Mind the sign: the density falls as kappa grows.": 1.5,
    "That is the exponent for (mean, log kappa), one power further.": -0.5,
}
EXERCISES["4.3"] = Numbers(-1.5, slips)


def metropolis(step_of) -> dict[str, bool]:
    """Try a Metropolis step on 4,000 chains: a standard normal density, and a level one."""

    def tried(x, log_density=lambda z: -(z**2) / 2, step=1.0, seed=43):
        return np.asarray(step_of(x.copy(), log_density, step, np.random.default_rng(seed)))

    x = start = np.ones(4000)
    first = tried(start)
    if first.dtype == object or first.shape != start.shape:
        return {"It must return one number a chain; are both gaps filled?": True}
    level = tried(0 * start, np.zeros_like, step=2.0)
    for seed in range(60):
        x = tried(x, seed=seed)
    away = "Chains on a standard normal density do not end as its draws."
    proposals = "Proposals should lie around x, with the standard deviation `step`; yours do not."
    every = "It accepts every proposal. A lower density is accepted only now and then."
    same = "All chains took the same step: each needs its own normal (and uniform) number."
    refused = "Where the density is level every proposal must be accepted; yours are not."
    return {
        same: len(np.unique(first)) < 1000,
        "Draw all random numbers from rng.": not np.array_equal(first, tried(start)),
        refused: np.mean(level == 0) > 0.01,
        proposals: abs(np.std(level) - 2) > 0.2 or abs(np.mean(level)) > 0.2,
        every: not np.any(first == start),
        f"{away} Compare log(uniform) with the log ratio.": np.std(x) < 0.9,
        f"{away} Is the comparison the right way round?": np.std(x) > 1.5,
        away: not (abs(np.mean(x)) < 0.1 and abs(np.std(x) - 1) < 0.1),
    }


EXERCISES["4.4"] = Behaviour(metropolis)


def sweeps(sweep) -> dict[str, bool]:
    """Try a sweep on exact draws: a right sweep leaves them exact."""
    rng = np.random.default_rng(44)
    told = first = [np.log(part) for part in grid.sample(600, rng=rng)]
    for _ in range(60):
        told = sweep(told[0].copy(), told[1].copy(), rng)
        if not isinstance(told, tuple | list) or len(told) != 3:
            return {"It must return three things: log_alpha, log_beta, theta.": True}
        told = [np.asarray(part, float) for part in told]
        if told[2].shape != (600, y.size):
            return {"theta needs one row a chain and one column a risk.": True}
    stuck = "{} never moves. Is the result of the Metropolis step kept?"
    swapped = "The risks are not those of the data. Which way round do y and n - y go?"
    astray = (
        "Started from exact draws, 60 sweeps lead away from them. Does each step use the newest "
        "values, and do both conditionals use the same theta?"
    )
    risk = grid.mean(lambda a, b: (a + y) / (a + b + n)).mean()

    def leads_away(f):
        values, mean = f(*np.exp(told[:2])), grid.mean(f)
        sd = np.sqrt(grid.mean(lambda a, b: f(a, b) ** 2) - mean**2)
        near = abs(values.mean() - mean) < 5 * sd / np.sqrt(values.size)
        return not (near and abs(np.log(values.std() / sd)) < 0.2)

    return {
        stuck.format("log_alpha"): np.array_equal(first[0], told[0]),
        stuck.format("log_beta"): np.array_equal(first[1], told[1]),
        swapped: not abs(told[2].mean() - risk) < 0.01,
        astray: leads_away(lambda a, b: np.log(a / b)) or leads_away(lambda a, b: np.log(a + b)),
    }


EXERCISES["4.5"] = Behaviour(sweeps)


def ess(my_ess) -> dict[str, bool]:
    """Try an effective size on chains in which neighbours are alike, and on chains far apart."""
    x, rng = np.zeros((4, 600)), np.random.default_rng(45)
    for t in range(1, 600):
        x[:, t] = 0.9 * x[:, t - 1] + rng.standard_normal(4)
    told, right = my_ess(x.copy()), array_stats.ess(x, method="mean")
    if told is None or told is ...:
        return {"It returns nothing yet: end with `return x.size / tau`.": True}
    slips = {
        "That is tau itself; the effective size is x.size / tau.": x.size / right,
        "That is x.size times tau.": x.size**2 / right,
    }
    if fault := Numbers(right, slips, rtol=1e-6, figures=4).fault(told):
        return {fault: True}
    x += 50 * np.arange(4)[:, None]
    off = not np.isclose(my_ess(x.copy()), array_stats.ess(x, method="mean"), rtol=1e-6)
    return {"It fails where chains lie far apart: there no pair is negative.": off}


EXERCISES["4.6"] = Behaviour(ess)

why_not = {
    "a": "A chain that is stuck in a wrong place agrees with itself very well.",
    "c": "R-hat says nothing about precision; the effective sample size does.",
}
EXERCISES["4.7"] = Choice("b", why_not)


def above(most, grid=grid, seen=(0, 0)):
    """Return the chance of more than `most` of 14, in a group with these rats seen already."""
    k = np.arange(most + 1)
    return 1 - grid.mean(lambda a, b: stats.betabinom.pmf(k, 14, a + seen[0], b + seen[1])).sum()


fit = fit_marginal_likelihood(y, n)
plugged_in = stats.betabinom(14, fit.alpha, fit.beta).sf(3)
slips = {
    "That is for 5 or more: sf(4) is the chance of more than 4.": above(4),
    "That is for 14 more rats of the current group; ask for a new one.": above(3, seen=(4, 10)),
    "That takes every group's risk to be the mean risk.": stats.binom(14, fit.mean).sf(3),
    "That plugs in one alpha and beta. Full Bayes averages over them.": plugged_in,
    "That is without the current experiment: use all 71.": above(3, posterior_grid(*earlier)),
    "That is the chance of 3 or fewer.": 1 - above(3),
}
EXERCISES["4.8"] = Numbers(above(3), slips, rtol=0.012, share=True)  # draws may be used


few = [4, 2, 1], [14, 20, 19]
shrinkage = posterior_grid(*few, log_prior=lambda a, b: -2 * np.log1p(a + b) - np.log(a + b))
uniform = {"log_prior": lambda a, b: np.where(a + b <= 1000, -np.log(a + b), -np.inf)}
lowest, highest, of_all = (
    posterior.mean(lambda a, b: (a + 4) / (a + b + 14))
    for posterior in (posterior_grid(*few, **uniform), shrinkage, posterior_grid(y, n, **uniform))
)
slips = {
    "That is the highest (the shrinkage prior).": highest,
    "That is with all 71 experiments; three are asked for.": of_all,
}
EXERCISES["4.9"] = Numbers(lowest, slips, share=True)

why_not = {
    "a": "Its count y2 tells about it as well: data flow up the graph too.",
    "c": "Once alpha and beta are known, the other risks have nothing to add.",
}
EXERCISES["4.10"] = Choice("b", why_not)
