"""Beta-binomial fits to counties: the real table (or its twin), then simulated ones.

    python tests/bench/kidney.py PROGRAM COUNTIES [REPEATS]     (COUNTIES = 0: the table)

PROGRAM is ours, scipy (the log likelihood as people write it, with `scipy.stats.betabinom`, and
`scipy.optimize.minimize`) or memory. Compared: log(alpha/beta) and log(alpha+beta).
"""

from __future__ import annotations

import json
import sys
import tracemalloc
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent))
from clock import seconds


def data(counties: int):
    """Return deaths and person-years, and where they come from."""
    if counties == 0:
        from helpers.datasets import load_kidney_cancer

        table = load_kidney_cancer()
        names = ("deaths_1980_84", "person_years_1980_84")
        y, n = (table[name].to_numpy() for name in names)
        return y, n, table.attrs["source"]
    rng = np.random.default_rng(counties)
    n = np.ceil(np.exp(rng.normal(10.7, 1.4, counties)))
    rate = rng.beta(20, 20 / 4.7e-5, counties)
    return rng.binomial(n.astype(np.int64), rate).astype(float), n, "simulated"


def estimates(alpha, beta):
    """Return the two numbers that are compared."""
    return [float(np.log(alpha / beta)), float(np.log(alpha + beta))]


def ours(counties, repeats):
    """Fit by `fit_marginal_likelihood`."""
    from helpers.beta_binomial import fit_marginal_likelihood

    y, n, source = data(counties)
    fit_marginal_likelihood(y[:100], n[:100])
    taken, found = seconds(lambda: fit_marginal_likelihood(y, n), repeats=repeats)
    return {
        "seconds": taken,
        "estimates": estimates(found.alpha, found.beta),
        "counties": len(y),
        "source": source,
    }


def scipy(counties, repeats):
    """Fit as people write it."""
    from scipy import optimize, stats

    y, n, source = data(counties)
    start = np.array([np.log(y.sum() / n.sum()), np.log(n.mean())])

    def loss(x):
        alpha, beta = np.exp(x[1] + x[0]), np.exp(x[1])
        return -stats.betabinom.logpmf(y, n, alpha, beta).sum()

    loss(start)
    taken, found = seconds(
        lambda: optimize.minimize(loss, start, method="Nelder-Mead", options={"xatol": 1e-6}),
        repeats=repeats,
    )
    log_odds, log_beta = found.x
    return {
        "seconds": taken,
        "estimates": estimates(np.exp(log_odds + log_beta), np.exp(log_beta)),
        "counties": len(y),
        "source": source,
    }


def memory(counties, _):
    """Return bytes of the input and the most that the fit held at once, the input included."""
    from helpers.beta_binomial import fit_marginal_likelihood

    y, n, _ = data(100)
    fit_marginal_likelihood(y, n)
    tracemalloc.start()
    y, n, _ = data(counties)
    tracemalloc.reset_peak()
    fit_marginal_likelihood(y, n)
    peak = tracemalloc.get_traced_memory()[1]
    return {"input": y.nbytes + n.nbytes, "peak": peak, "rows": len(y)}


PROGRAMS = {"ours": ours, "scipy": scipy, "memory": memory}

if __name__ == "__main__":
    program, counties = sys.argv[1], int(sys.argv[2])
    repeats = int(sys.argv[3]) if len(sys.argv) > 3 else 3
    print(json.dumps(PROGRAMS[program](counties, repeats)))
