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
from functools import partial
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
OURS = ("collapsed", "gibbs", "grid", "floor")
#: Peers that sample the rates and whose next call is the first one over again, and the one that
#: keeps its compiled model: the two that everyone is compared with.
AGAIN, KEEPS = ("pymc", "pymc-nutpie", "pymc-numpyro", "numpyro"), "nutpie"


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
    _, make, usual = SAMPLERS[name]
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
    return {"runs": runs, "rate": rate}


def measure() -> dict:
    """Run every sampler, each with empty caches: the peers compile anew."""
    found = {"exact": alone("rats.py", "exact")}
    for name in SAMPLERS:
        with tempfile.TemporaryDirectory() as empty:
            caches = {
                "PYTENSOR_FLAGS": f"base_compiledir={empty}/pytensor",
                "NUMBA_CACHE_DIR": f"{empty}/numba",
                "JAX_COMPILATION_CACHE_DIR": "",
            }
            repeats = 7 if name in OURS or name.startswith("nutpie") else 3
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
    for name, (title, _, asked) in SAMPLERS.items():
        result, rate = found[name], warm(name, found)
        if "error" in result:
            rows.append([title, f"did not run: {result['error']}", *[""] * 6])
            continue
        form = "drawn after" if "marginal" in name or name in ("collapsed", "grid") else "sampled"
        off = off_by(result["runs"], found["exact"]["mean"])
        agreement = f"{'yes' if rate else '**no**'} ({off:.1f})"
        rows.append(
            [
                title,
                "drawn alone" if name == "floor" else form,
                f"{asked['chains']} × {asked['draws']:,}",
                rate_text(result["rate"][:1]).split(" ")[0],
                rate_text(result["rate"][1:]),
                *(times_text(rate / own) if own else "" for own in against.values()),
                "" if name == "floor" else agreement,
            ]
        )
    head = ["program", "the 70 rates are", "chains × draws", "first call", "next calls"]
    head += [f"÷ {SAMPLERS[name][0]}" for name in against]
    return table([*head, "agrees (errors off)"], rows)


PROGRAMS = {"exact": lambda: {"mean": exact()}} | {name: partial(run, name) for name in SAMPLERS}

if __name__ == "__main__":
    answer(PROGRAMS)
