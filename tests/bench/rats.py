"""Rat tumours, 70 historical experiments: every sampler on the same posterior.

    python tests/bench/rats.py SAMPLER [REPEATS]      (one sampler, in a process of its own)

The posterior is that of Bayesian Data Analysis (third edition, section 5.3): hyperprior
p(alpha, beta) ~ (alpha + beta)^(-5/2). Everyone samples log(alpha/beta) and log(alpha+beta), where
that hyperprior times the Jacobian is alpha beta (alpha + beta)^(-5/2): the form that suits NUTS.

Two forms of the model: "rates" has the 70 rates as parameters, as people write it; "marginal" has
them integrated out by hand (a beta-binomial likelihood), and draws them afterwards, for every
sampler with the same line of NumPy.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent))
from clock import diagnose, seconds

#: What each sampler is asked for. NUTS: the defaults of its users. Ours: what suits NumPy.
NUTS = {"chains": 4, "draws": 1000, "warmup": 1000}
LONG = {"chains": 4, "draws": 4000, "warmup": 500}
WIDE = {"chains": 128, "draws": 1000, "warmup": 300}
GIBBS = {"chains": 128, "draws": 2000, "warmup": 300}
GRID = {"chains": 4, "draws": 25_000}


def data():
    """Return tumours and rats of the 70 historical experiments."""
    from helpers.datasets import load_rat_tumors

    table = load_rat_tumors().iloc[:-1]
    return table["tumors"].to_numpy(), table["rats"].to_numpy()


def rates(alpha, beta, y, n, rng):
    """Draw every rate given draws of alpha and beta; shape (..., 70)."""
    return rng.beta(alpha[..., None] + y, beta[..., None] + (n - y))


def quantities(alpha, beta, theta):
    """Return the four numbers that are compared, shape (4, chains, draws)."""
    return np.stack([np.log(alpha / beta), np.log(alpha + beta), theta[..., 0], theta[..., 69]])


def exact() -> list[float]:
    """Posterior means of the four numbers, by summing over a fine grid."""
    from helpers.beta_binomial import posterior_grid

    y, n = data()
    grid = posterior_grid(y, n, points=400)
    return [
        grid.mean(lambda a, b: np.log(a / b)),
        grid.mean(lambda a, b: np.log(a + b)),
        *(grid.mean(lambda a, b, j=j: (a + y[j]) / (a + b + n[j])) for j in (0, 69)),
    ]


# ------------------------------------------------------------------------------------------- ours


def ours(kind, options):
    """Return a function (seed) -> the four numbers, by `helpers.mcmc` or from the grid."""
    from helpers import mcmc
    from helpers.beta_binomial import posterior_grid

    y, n = data()

    def chains(seed):
        sampler = {"collapsed": mcmc.collapsed, "gibbs": mcmc.gibbs_metropolis}[kind]
        drawn = sampler(y, n, rng=np.random.default_rng(seed), progress=False, **options)
        return quantities(drawn["alpha"], drawn["beta"], drawn["theta"])

    def grid(seed):
        rng = np.random.default_rng(seed)
        alpha, beta = posterior_grid(y, n).sample((options["chains"], options["draws"]), rng=rng)
        return quantities(alpha, beta, rates(alpha, beta, y, n, rng))

    return grid if kind == "grid" else chains


def floor(seed):
    """Only the 70 beta draws, at one alpha and beta: no sampler of all the rates can beat it."""
    y, n = data()
    shape = np.full((4, 25_000), 2.4), np.full((4, 25_000), 14.3)
    return quantities(*shape, rates(*shape, y, n, np.random.default_rng(seed)))


# ------------------------------------------------------------------------------------------ peers


def pymc_model(form):
    """Write the model in PyMC."""
    import pymc as pm
    import pytensor.tensor as pt

    y, n = data()
    with pm.Model() as model:
        log_odds, log_size = pm.Flat("log_odds"), pm.Flat("log_size")
        alpha = pt.exp(log_size) * pm.math.sigmoid(log_odds)
        beta = pt.exp(log_size) * pm.math.sigmoid(-log_odds)
        pm.Potential("hyperprior", pt.log(alpha) + pt.log(beta) - 2.5 * log_size)
        if form == "marginal":
            pm.BetaBinomial("y", alpha=alpha, beta=beta, n=n, observed=y)
        else:
            theta = pm.Beta("theta", alpha, beta, shape=len(y))
            pm.Binomial("y", p=theta, n=n, observed=y)
    return model


def from_nuts(log_odds, log_size, theta, seed):
    """Return the four numbers from a NUTS run, drawing the rates where it had none."""
    log_odds, log_size = np.asarray(log_odds, float), np.asarray(log_size, float)
    alpha = np.exp(log_size) / (1 + np.exp(-log_odds))
    beta = np.exp(log_size) / (1 + np.exp(log_odds))
    if theta is None:
        y, n = data()
        theta = rates(alpha, beta, y, n, np.random.default_rng(seed))
    return quantities(alpha, beta, np.asarray(theta))


def from_inference_data(result, seed):
    """Return the four numbers from what PyMC and nutpie give back."""
    posterior = result.posterior
    theta = posterior["theta"].values if "theta" in posterior else None
    return from_nuts(posterior["log_odds"].values, posterior["log_size"].values, theta, seed)


def pymc(backend, form, options):
    """One call of `pm.sample`, the model written anew each time, as in a script or notebook."""
    import pymc as pm

    def run(seed):
        with pymc_model(form):
            result = pm.sample(
                chains=options["chains"],
                draws=options["draws"],
                tune=options["warmup"],
                nuts_sampler=backend,
                random_seed=seed,
                progressbar=False,
                compute_convergence_checks=False,
                **({"quiet": True} if backend == "pymc" else {}),
            )
        return from_inference_data(result, seed)

    return run


def nutpie(form, options):
    """Compile once in the first call, then only sample."""
    import nutpie as sampler

    kept = []

    def run(seed):
        if not kept:
            kept.append(sampler.compile_pymc_model(pymc_model(form)))
        result = sampler.sample(
            kept[0],
            chains=options["chains"],
            draws=options["draws"],
            tune=options["warmup"],
            seed=seed,
            progress_bar=False,
        )
        return from_inference_data(result, seed)

    return run


def numpyro(form, options):
    """Write the model in NumPyro, all chains vectorised (its fastest way on a CPU here)."""
    import jax
    import jax.numpy as jnp
    import numpyro
    import numpyro.distributions as dist
    from numpyro.infer import MCMC
    from numpyro.infer import NUTS as Nuts

    jax.config.update("jax_enable_x64", True)
    y, n = data()

    def model():
        line = dist.ImproperUniform(dist.constraints.real, (), ())
        log_odds, log_size = numpyro.sample("log_odds", line), numpyro.sample("log_size", line)
        alpha = jnp.exp(log_size) * jax.nn.sigmoid(log_odds)
        beta = jnp.exp(log_size) * jax.nn.sigmoid(-log_odds)
        numpyro.factor("hyperprior", jnp.log(alpha) + jnp.log(beta) - 2.5 * log_size)
        if form == "marginal":
            numpyro.sample("y", dist.BetaBinomial(alpha, beta, n), obs=y)
        else:
            with numpyro.plate("experiments", len(y)):
                theta = numpyro.sample("theta", dist.Beta(alpha, beta))
                numpyro.sample("y", dist.Binomial(n, theta), obs=y)

    kept = MCMC(
        Nuts(model),
        num_warmup=options["warmup"],
        num_samples=options["draws"],
        num_chains=options["chains"],
        chain_method="vectorized",
        progress_bar=False,
    )

    def run(seed):
        kept.run(jax.random.PRNGKey(seed))
        drawn = kept.get_samples(group_by_chain=True)
        return from_nuts(drawn["log_odds"], drawn["log_size"], drawn.get("theta"), seed)

    return run


#: What to import before the clock starts: nobody's first call pays for its imports.
IMPORTS = ("pymc", "nutpie", "numpyro")

#: name -> (what it is called in the table, function that makes it, what it is asked for)
SAMPLERS = {
    "collapsed": ("`helpers.mcmc.collapsed`", lambda o: ours("collapsed", o), WIDE),
    "gibbs": ("`helpers.mcmc.gibbs_metropolis`", lambda o: ours("gibbs", o), GIBBS),
    "grid": ("`posterior_grid`, independent draws", lambda o: ours("grid", o), GRID),
    "floor": ("NumPy's beta generator alone", lambda o: floor, GRID),
    "pymc": ("PyMC", lambda o: pymc("pymc", "rates", o), NUTS),
    "pymc-nutpie": ("PyMC calling nutpie", lambda o: pymc("nutpie", "rates", o), NUTS),
    "pymc-numpyro": ("PyMC calling NumPyro", lambda o: pymc("numpyro", "rates", o), NUTS),
    "numpyro": ("NumPyro", lambda o: numpyro("rates", o), NUTS),
    "nutpie": ("nutpie, compiled model kept", lambda o: nutpie("rates", o), LONG),
    "numpyro-marginal": ("NumPyro", lambda o: numpyro("marginal", o), NUTS),
    "nutpie-marginal": ("nutpie, compiled model kept", lambda o: nutpie("marginal", o), LONG),
}


def measure(name: str, repeats: int, options: dict | None = None) -> dict:
    """Run one sampler: the first call cold, then `repeats` warm ones."""
    title, make, usual = SAMPLERS[name]
    options = options or usual
    for module in IMPORTS:
        if module in name:
            importlib.import_module(module)
    data()  # and pandas, for all
    runs = []
    for seed in range(repeats + 1):
        start = time.perf_counter()
        if seed == 0:  # making the model counts as part of the first call
            work = make(options)
        drawn = work(seed)
        taken = time.perf_counter() - start
        runs.append({"seconds": taken, **diagnose(drawn)})
    rate = [min(run["ess"]) / run["seconds"] for run in runs]
    if name == "floor":  # not draws from the posterior: count them instead
        rate = [options["chains"] * options["draws"] / run["seconds"] for run in runs]
    return {"name": name, "title": title, "options": options, "runs": runs, "rate": rate}


if __name__ == "__main__":
    wanted, repeats = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 3
    if wanted == "exact":
        taken, means = seconds(exact, repeats=1)
        print(json.dumps({"seconds": taken[0], "mean": means}))
    else:
        print(json.dumps(measure(wanted, repeats)))
