"""Exercises whose answer is a function or a formula: judged by what it does."""

from __future__ import annotations

import re

import numpy as np
import pytest
import sympy

from helpers.answers import rat_tumors
from helpers.check import check

TAU, SIGMA, N_J, J = sympy.symbols("tau sigma n_j J", positive=True)


def weight_of(own):
    return own / (own + SIGMA**2 / N_J)


def metropolis(x, log_density, step, rng):
    proposal = x + step * rng.standard_normal(x.shape)
    log_ratio = log_density(proposal) - log_density(x)
    return np.where(np.log(rng.random(x.shape)) < log_ratio, proposal, x)


def sweep(log_alpha, log_beta, rng, *, swap=False, old=False, stay=False):
    from scipy.special import gammaln

    y, n = rat_tumors._data()
    a, b = np.exp(log_alpha)[:, None], np.exp(log_beta)[:, None]
    theta = rng.beta(a + n - y, b + y) if swap else rng.beta(a + y, b + n - y)
    s, r = np.log(theta).sum(axis=1), np.log1p(-theta).sum(axis=1)

    def log_conditional(log_alpha, log_beta):
        a, b = np.exp(log_alpha), np.exp(log_beta)
        constant = y.size * (gammaln(a + b) - gammaln(a) - gammaln(b))
        power = -2.5 if not old else 25
        return constant + a * s + b * r + power * np.log(a + b) + log_alpha + log_beta

    log_alpha = metropolis(log_alpha, lambda x: log_conditional(x, log_beta), 0.2, rng)
    new = metropolis(log_beta, lambda x: log_conditional(log_alpha, x), 0.2, rng)
    return log_alpha, log_beta if stay else new, theta


def stuck(x, f, step, rng):
    return metropolis(x, f, 0 * step, rng) + 0 * rng.random(x.shape)


BEHAVIOURS = [
    ("2.3", weight_of(TAU**2 * (1 - 1 / J)), "right."),
    ("2.3", sympy.expand(weight_of(TAU**2 * (J - 1) / J)), "right."),
    ("2.3", weight_of(TAU**2 * (1 - 1 / J) ** 2 + TAU**2 / J), "number J - 1, not J"),
    ("2.3", weight_of(TAU**2 * (1 - 1 / J) ** 2 + TAU**2 / (J - 1)), "divided by J"),
    ("2.3", weight_of(TAU**2), "neat form"),
    ("2.3", TAU**2, "another weight"),
    ("4.4", metropolis, "right."),
    ("4.4", lambda x, f, step, rng: metropolis(x, f, 1.0, rng), "deviation `step`"),
    ("4.4", lambda x, f, step, rng: x + step * rng.standard_normal(x.shape), "every proposal"),
    ("4.4", lambda x, f, step, rng: metropolis(x, lambda z: -f(z), step, rng), "right way round"),
    ("4.4", lambda x, f, step, rng: metropolis(x, lambda z: 3 * f(z), step, rng), "log(uniform)"),
    ("4.4", lambda x, f, step, rng: metropolis(x, f, step, np.random.default_rng()), "from rng"),
    ("4.4", stuck, "same step"),
    ("4.4", lambda x, f, step, rng: ..., "both gaps"),
    ("4.5", sweep, "right."),
    ("4.5", lambda a, b, rng: sweep(a, b, rng, swap=True), "Which way round"),
    ("4.5", lambda a, b, rng: sweep(a, b, rng, old=True), "lead away"),
    ("4.5", lambda a, b, rng: sweep(a, b, rng, stay=True), "log_beta never moves"),
    ("4.5", lambda a, b, rng: sweep(a, b, rng)[:2], "three things"),
    ("4.6", rat_tumors._effective_size, "right."),
    ("4.6", lambda x: x.size / rat_tumors._effective_size(x), "tau itself"),
    ("4.6", lambda x: rat_tumors._effective_size(x) if x.std() < 9 else np.inf, "far apart"),
    ("4.6", lambda x: None, "returns nothing"),
    ("4.6", lambda x: 1 / 0, "It stopped with ZeroDivisionError: division by zero."),
]


@pytest.mark.parametrize(("number", "answer", "told"), BEHAVIOURS)
def test_functions_are_judged_by_what_they_do(number, answer, told, capsys):
    check(number, answer)
    out = capsys.readouterr().out
    assert told in out and ("not yet" in out) == (told != "right."), out
    assert not re.search(r"\d\.\d", out.replace(f"Exercise {number}", "")), "no figures"
