"""Notebook 02: its claims against simulation, and the algebra that it prints."""

from __future__ import annotations

import numpy as np
from scipy.special import gammainc

from helpers import normal_normal as nn
from helpers import simulate
from tests import pages
from tests.test_pages import facts_of

TAU, SIGMA, N0 = 3.0, 10.0, 100 / 9
TOWN = {"mean": 20, "between_sd": TAU, "within_sd": SIGMA}


def test_every_claim_against_simulation():
    """Difference over Monte Carlo error for all claims: largest below 4.5, RMS in 0.7 to 1.3."""
    z = []

    def add(exact, found, error):
        z.extend(np.atleast_1d((found - np.asarray(exact)) / error))

    settings = [(1, 5), (2, 8), (3, 10), (10, 4), (30, 20)]
    for seed, (n, units) in enumerate(settings):
        rng = np.random.default_rng(1000 + seed)
        towns = simulate.normal_means(np.full(units, n), **TOWN, rng=rng, replications=20_000)
        middle = towns.raw.mean(1, keepdims=True)
        add(n / (n + N0), *simulate.best_weight(towns.raw, towns.truth, middle))
        between = towns.raw.var(1, ddof=1)
        noise = SIGMA**2 / n
        error = between.std(ddof=1) / np.sqrt(20_000)
        add(TAU**2 + noise, between.mean(), error)
        if units >= 8:  # with 5 units the weight of James and Stein has no variance
            pull = (units - 3) * noise / ((units - 1) * between)
            error = pull.std(ddof=1) / np.sqrt(20_000)
            add(N0 / (n + N0), pull.mean(), error)
        zero = (between < noise).astype(float)
        exact = gammainc((units - 1) / 2, (units - 1) / 2 * noise / (TAU**2 + noise))
        add(exact, zero.mean(), zero.std() / np.sqrt(20_000))
        score = simulate.score(middle, towns.truth)
        exact = TAU**2 * (1 - 1 / units) + noise / units
        add(exact, score.mse, score.mse_error)
    for seed in range(5):
        rng = np.random.default_rng(2000 + seed)
        n = rng.integers(1, 50, 5)
        spread = TAU**2 + SIGMA**2 / n
        for name, share in {"visits": n, "means": np.ones(5), "precision": 1 / spread}.items():
            towns = simulate.normal_means(n, **TOWN, rng=rng, replications=20_000)
            c = share / share.sum()
            exact = [facts_of("02_garages").best_weight(c, spread, j) for j in range(5)]
            if name == "precision":
                np.testing.assert_allclose(exact, n / (n + N0))
            found = simulate.best_weight(towns.raw, towns.truth, towns.raw @ c[:, None], axis=0)
            add(exact, *found)
        towns = simulate.normal_means(n, **TOWN, rng=rng, replications=20_000)
        known = nn.partial_pooling(towns.raw, towns.standard_error, np.full(20_000, TAU), mean=20)
        score = simulate.score(known.mean, towns.truth, *known.interval(), axis=0)
        share = n / (n + N0)
        add(share * SIGMA**2 / n, score.mse, score.mse_error)
        add(0.95, score.coverage, score.coverage_error)
        off = rng.normal(0, 4, 5)
        redo = simulate.normal_means(
            n, truth=20 + off, within_sd=SIGMA, rng=rng, replications=20_000
        )
        known = nn.partial_pooling(redo.raw, redo.standard_error, np.full(20_000, TAU), mean=20)
        score = simulate.score(known.mean, redo.truth, axis=0)
        exact = ((1 - share) * off) ** 2 + share**2 * SIGMA**2 / n
        add(exact, score.mse, score.mse_error)
    assert len(z) > 150
    assert np.abs(z).max() < 4.5
    assert 0.7 < np.sqrt(np.mean(np.square(z))) < 1.3


def test_printed_algebra():
    """The formulas a learner sees; nbval compares their LaTeX too."""
    printed = "".join(pages.solved("02_garages").printed).splitlines()
    for formula in (
        "tau**2 + sigma**2/n_j",
        "tau**2*(1 - w)**2 + sigma**2*w**2/n_j",
        "1/(1 + sigma**2/(n_j*tau**2))",
        "tau**2*(n_j + 1)/(n_j*tau**2 + sigma**2 + tau**2)",
        "tau**2*(J*n_j + 1)/(J*n_j*tau**2 + J*sigma**2 + tau**2)",
        "(J*n_j*tau**2 + n_j*tau**2 + sigma**2)/((J + 1)*(n_j*tau**2 + sigma**2))",
        "n_j*tau**2/(n_j*tau**2 + sigma**2)",
    ):
        assert formula in printed, formula
