"""Rat tumours, 70 historical experiments: every sampler on the same posterior.

    python tests/bench/rats.py SAMPLER REPEATS      (a cold first call, then so many warm ones)

The posterior is that of Bayesian Data Analysis (third edition, section 5.3): hyperprior
p(alpha, beta) ~ (alpha + beta)^(-5/2). Everyone samples log(alpha/beta) and log(alpha+beta), where
that hyperprior times the Jacobian is alpha beta (alpha + beta)^(-5/2): the form that suits NUTS.

Two forms of the model: "rates" has the 70 rates as parameters, as people write it; "marginal" has
them integrated out by hand (a beta-binomial likelihood), and draws them afterwards, for every
sampler with the same line of NumPy.
"""

from __future__ import annotations

import importlib
import statistics
import sys
import tempfile
import time
from functools import cache, partial
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent))
from clock import alone, answer, rate_text, table, times_text

#: What each sampler is asked for. NUTS: the defaults of its users. Ours: what suits NumPy.
NUTS = {"chains": 4, "draws": 1000, "warmup": 1000}
LONG = {"chains": 4, "draws": 4000, "warmup": 500}
WIDE = {"chains": 128, "draws": 1000, "warmup": 300}
GIBBS = {"chains": 128, "draws": 2000, "warmup": 300}
GRID = {"chains": 4, "draws": 25_000}
#: An average this many Monte Carlo errors from the exact one is no longer chance.
TOO_FAR = 4.0
#: Peers that sample the rates and whose next call is the first one over again, and the one that
#: keeps its compiled model: the two that everyone is compared with.
AGAIN, KEEPS = ("pymc", "pymc-nutpie", "pymc-numpyro", "numpyro"), "nutpie"


@cache
def data():
    """Return tumours and rats of the 70 historical experiments."""
    from helpers.datasets import load_rat_tumors

    experiments = load_rat_tumors().iloc[:-1]
    return experiments["tumors"].to_numpy(), experiments["rats"].to_numpy()


def quantities(alpha, beta, theta=None, seed=0):
    """Return the four numbers that are compared, shape (4, chains, draws).

    They are log(alpha/beta), log(alpha+beta) and the first and last rate; all the rates (chains,
    draws, 70) are drawn given alpha and beta if there are none.
    """
    if theta is None:
        y, n = data()
        rng = np.random.default_rng(seed)
        theta = rng.beta(alpha[..., None] + y, beta[..., None] + (n - y))
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


# ------------------------------------------------------------------- ours: (seed, options) -> draws


def ours(sampler, seed, options):
    """Draw by a sampler of `helpers.mcmc`."""
    from helpers import mcmc

    rng = np.random.default_rng(seed)
    drawn = getattr(mcmc, sampler)(*data(), rng=rng, progress=False, **options)
    return quantities(drawn["alpha"], drawn["beta"], drawn["theta"])


def grid(seed, options):
    """Draw from the grid, then the rates."""
    from helpers.beta_binomial import posterior_grid

    size = (options["chains"], options["draws"])
    drawn = posterior_grid(*data()).sample(size, rng=np.random.default_rng(seed))
    return quantities(*drawn, seed=seed)


def floor(seed, options):
    """Only the 70 beta draws, at one alpha and beta: no sampler of all the rates can beat it."""
    size = (options["chains"], options["draws"])
    return quantities(np.full(size, 2.4), np.full(size, 14.3), seed=seed)


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


def from_nuts(drawn, seed):
    """Return the four numbers from a mapping of NUTS draws."""
    log_odds, log_size = (np.asarray(drawn[name], float) for name in ("log_odds", "log_size"))
    alpha = np.exp(log_size) / (1 + np.exp(-log_odds))
    beta = np.exp(log_size) / (1 + np.exp(log_odds))
    theta = np.asarray(drawn["theta"]) if "theta" in drawn else None
    return quantities(alpha, beta, theta, seed)


def pymc(backend, seed, options):
    """One call of `pm.sample`, the model written anew each time, as in a script or notebook."""
    import pymc as pm

    with pymc_model("rates"):
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
    return from_nuts(result.posterior, seed)


@cache
def nutpie_model(form):
    """Compile once, in the first call."""
    import nutpie

    return nutpie.compile_pymc_model(pymc_model(form))


def nutpie(form, seed, options):
    """Only sample, but for the first call."""
    import nutpie

    result = nutpie.sample(
        nutpie_model(form),
        chains=options["chains"],
        draws=options["draws"],
        tune=options["warmup"],
        seed=seed,
        progress_bar=False,
    )
    return from_nuts(result.posterior, seed)


@cache
def numpyro_sampler(form, chains, draws, warmup):
    """Write the model in NumPyro, all chains vectorised (its fastest way on a CPU here)."""
    import jax
    import jax.numpy as jnp
    import numpyro
    import numpyro.distributions as dist
    from numpyro.infer import MCMC, NUTS

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

    how = {"num_chains": chains, "chain_method": "vectorized", "progress_bar": False}
    return MCMC(NUTS(model), num_warmup=warmup, num_samples=draws, **how)


def numpyro(form, seed, options):
    """Compile in the first call, then only run."""
    import jax

    sampler = numpyro_sampler(form, **options)
    sampler.run(jax.random.PRNGKey(seed))
    return from_nuts(sampler.get_samples(group_by_chain=True), seed)


#: What to import before the clock starts: nobody's first call pays for its imports.
IMPORTS = ("pymc", "nutpie", "numpyro")

KEPT = "nutpie, compiled model kept"
#: name -> (title, what is done with the rates, function (seed, options), options, warm calls)
SAMPLERS = {
    "collapsed": ("`collapsed`", "drawn after", partial(ours, "collapsed"), WIDE, 7),
    "gibbs": ("`gibbs_metropolis`", "sampled", partial(ours, "gibbs_metropolis"), GIBBS, 7),
    "grid": ("`posterior_grid`, independent draws", "drawn after", grid, GRID, 7),
    "floor": ("NumPy's beta generator alone", "drawn alone", floor, GRID, 7),
    "pymc": ("PyMC", "sampled", partial(pymc, "pymc"), NUTS, 3),
    "pymc-nutpie": ("PyMC calling nutpie", "sampled", partial(pymc, "nutpie"), NUTS, 3),
    "pymc-numpyro": ("PyMC calling NumPyro", "sampled", partial(pymc, "numpyro"), NUTS, 3),
    "numpyro": ("NumPyro", "sampled", partial(numpyro, "rates"), NUTS, 3),
    "nutpie": (KEPT, "sampled", partial(nutpie, "rates"), LONG, 7),
    "numpyro-marginal": ("NumPyro", "drawn after", partial(numpyro, "marginal"), NUTS, 3),
    "nutpie-marginal": (KEPT, "drawn after", partial(nutpie, "marginal"), LONG, 7),
}


def diagnose(draws: np.ndarray) -> dict:
    """Summarise draws of shape (quantity, chain, draw): mean, Monte Carlo error, bulk ESS."""
    from arviz_stats.base import array_stats

    return {
        "mean": draws.mean(axis=(1, 2)).tolist(),
        "mcse": array_stats.mcse(draws, method="mean").tolist(),
        "ess": array_stats.ess(draws, method="bulk").tolist(),
    }


def run(name: str, repeats: int, options: dict | None = None) -> dict:
    """Run one sampler: the first call cold, then `repeats` warm ones."""
    work, usual = SAMPLERS[name][2:4]
    options = options or usual
    for module in IMPORTS:
        if module in name:
            importlib.import_module(module)
    data()  # and pandas, for all
    runs, rate = [], []
    for seed in range(repeats + 1):
        start = time.perf_counter()
        drawn = work(seed, options)
        taken = time.perf_counter() - start
        runs.append(diagnose(drawn))
        # the floor's draws are not from the posterior: they are counted instead
        effective = (
            options["chains"] * options["draws"] if name == "floor" else min(runs[-1]["ess"])
        )
        rate.append(effective / taken)
    return {"runs": runs, "rate": rate}


def measure() -> dict:
    """Run every sampler, each with empty caches: the peers compile anew."""
    found = {"exact": alone("rats.py", "exact")}
    for name, (*_, repeats) in SAMPLERS.items():
        with tempfile.TemporaryDirectory() as empty:
            caches = {
                "PYTENSOR_FLAGS": f"base_compiledir={empty}/pytensor",
                "NUMBA_CACHE_DIR": f"{empty}/numba",
                "JAX_COMPILATION_CACHE_DIR": "",
            }
            found[name] = alone("rats.py", name, repeats, environment=caches)
    return found


def off_by(runs: list[dict], exact) -> float:
    """How far the runs' average lies from `exact`, in Monte Carlo errors; the worst quantity."""
    mean = np.mean([run["mean"] for run in runs], axis=0)
    error = np.sqrt(np.mean(np.square([run["mcse"] for run in runs]), axis=0) / len(runs))
    return float(np.max(np.abs(mean - exact) / error))


def warm(name: str, found: dict) -> float:
    """Median of the warm rates; 0 for a wrong answer or none. The floor samples no posterior."""
    if "error" in found[name]:
        return 0.0
    if name != "floor" and off_by(found[name]["runs"], found["exact"]["mean"]) > TOO_FAR:
        return 0.0
    return statistics.median(found[name]["rate"][1:])


def write(found: dict) -> str:
    """One row a sampler."""
    usual = max(AGAIN, key=lambda name: warm(name, found))
    against = {name: warm(name, found) for name in (usual, KEEPS)}
    rows = []
    for name, (title, form, _, asked, _) in SAMPLERS.items():
        result, rate = found[name], warm(name, found)
        if "error" in result:
            rows.append([title, f"did not run: {result['error']}", *[""] * 6])
            continue
        agreement = ""
        if name != "floor":
            off = off_by(result["runs"], found["exact"]["mean"])
            agreement = f"{'yes' if rate else '**no**'} ({off:.1f})"
        rows.append(
            [
                title,
                form,
                f"{asked['chains']} × {asked['draws']:,}",
                rate_text(result["rate"][:1]).split(" ")[0],
                rate_text(result["rate"][1:]),
                *(times_text(rate / own) if own else "" for own in against.values()),
                agreement,
            ]
        )
    head = ["program", "the 70 rates are", "chains × draws", "first call", "next calls"]
    head += [f"÷ {SAMPLERS[name][0]}" for name in against]
    return table([*head, "agrees (errors off)"], rows)


PROGRAMS = {"exact": lambda: {"mean": exact()}} | {name: partial(run, name) for name in SAMPLERS}

if __name__ == "__main__":
    answer(PROGRAMS)
