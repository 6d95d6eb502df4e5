"""Explorables: pictures a reader moves without a kernel, in JupyterLab and on the site alike.

Their scripts are in `site/explorables`; `make explorables` bundles them into `explore.min.js`.
"""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import numpy as np

from helpers import beta_binomial, datasets, maps, multilevel
from helpers.gamma_poisson import GammaPopulation, fit_marginal_likelihood
from helpers.plots import COMPLETE_POOLING, NO_POOLING, PARTIAL_POOLING

#: The bundled scripts, with the licences of what they hold.
BUNDLE = Path(__file__).with_name("explore.min.js")
#: The largest output of one explorable, in bytes.
LARGEST = 200_000


def show(name: str, data: dict, sentence: str, *, code: bool = True):
    """Return an explorable, as an output that needs neither kernel nor network.

    Parameters
    ----------
    name : str
        Its name in `site/explorables/index.js`.
    data : dict
        What it draws, ready for JSON; the colours of poolings and maps are added.
    sentence : str
        Stands where no script runs, in text and in a notebook that is not trusted.
    code : bool
        Whether the shared code comes along: once a page is enough.

    Returns
    -------
    IPython.display.HTML
        The same characters every time for the same input.

    Raises
    ------
    ValueError
        If the output would be larger than `LARGEST`.
    """
    from IPython.display import HTML

    colors = {
        "none": NO_POOLING.color,
        "complete": COMPLETE_POOLING.color,
        "partial": PARTIAL_POOLING.color,
        "high": maps.HIGH,
        "low": maps.LOW,
        "mine": maps.MINE,
    }
    told = json.dumps([name, data | {"colors": colors}], separators=(",", ":"), allow_nan=False)
    told = told.replace("<", "\\u003c")
    call = f"(window.explorables??=[]).push([document.currentScript.parentElement,...{told}]);"
    html = f'<div class="pp-explore">\n<p>{sentence}</p>\n<script>{call}</script>\n</div>'
    if code:
        html += f"\n<script>{BUNDLE.read_text(encoding='utf-8').strip()}</script>"
    size = len(html.encode())
    if size > LARGEST:
        raise ValueError(f"data: at most {LARGEST:,} bytes of output are allowed; got {size:,}")

    class Explorable(HTML):
        def __repr__(self):
            return sentence

    return Explorable(html)


def weight(*, code=True):
    """Return the explorable of one garage's visits and the prior sample size.

    Parameters
    ----------
    code : bool
        As in `show`.
    """
    n, n0, own, everyone = 3, 11, 50, 30  # visits, imagined visits, mean waits in minutes
    sentence = (
        f"With n = {n} visits and n0 = {n0}, the weight of the garage's own mean is "
        f"{n} / {n + n0}: its estimate is {(n * own + n0 * everyone) / (n + n0):.1f} minutes, "
        f"between the mean of all garages ({everyone}) and its own ({own})."
    )
    data = {"n": n, "n0": n0, "own": own, "all": everyone, "unit": "minutes"}
    data |= {"group": "this garage", "groups": "garages", "things": "visits"}
    data["mark"] = {"value": n0, "text": f"notebook 02: {n0}"}
    return show("weight", data, sentence, code=code)


def twin(*, small=False, code=True):
    """Return the explorable of the simulated counties, whose true rates are known.

    Parameters
    ----------
    small : bool
        One map and the track of n0, without the counties' names.
    code : bool
        As in `show`.

    Notes
    -----
    Deaths and person-years are those of 1980-84. Rates are per 100,000; the true ones, rounded to
    three decimals, are what the errors are measured from and what later deaths are drawn from.
    Colours change at the true rates' 10, 30, 70 and 90% quantiles, to one decimal.
    """
    table = datasets._read("kidney_twin.csv")
    y, n = (table[f"{what}_1980_84"].to_numpy() for what in ("deaths", "person_years"))
    true_rate = np.round(1e5 * table["true_rate"].to_numpy(), 3)
    n0 = float(f"{fit_marginal_likelihood(y, n).prior_sample_size:.3g}")
    mean = y.sum() / n.sum()
    poolings = y / n, mean, GammaPopulation(mean, n0).estimate(y, n)
    errors = [np.sqrt(np.mean((1e5 * rate - true_rate) ** 2)) for rate in poolings]
    sentence = (
        "In {:,} simulated counties, whose true rates are known, the root mean squared error of "
        "the estimated rates is {:.2f} per 100,000 a year without pooling, {:.2f} with complete "
        "pooling, and {:.2f} with the fitted n0, {:,.0f} person-years."
    ).format(len(table), *errors, n0)
    largest = list(map(datasets.load_county_shapes().mainland, table["fips"]))
    x, down = np.transpose([(one.min(axis=0) + one.max(axis=0)) / 2 for one in largest])
    numbers = {"x": x, "y": down, "n": n, "deaths": y, "rate": 1000 * true_rate}
    data = {name: np.rint(values).astype(int).tolist() for name, values in numbers.items()}
    data |= {"n0": int(n0), "small": small}
    data["cuts"] = np.quantile(true_rate, [0.1, 0.3, 0.7, 0.9]).round(1).tolist()
    if not small:
        short = table["county"].str.replace(" County", "~")
        data["names"] = short.groupby(table["state"]).agg(";".join).to_dict()
    return show("twin", data, sentence, code=code)


def town(*, code=True):
    """Return the explorable of towns of garages, drawn anew, whose long-run averages are known.

    Parameters
    ----------
    code : bool
        As in `show`.

    Notes
    -----
    sigma is known; tau, which the reader sets, is known to the best weight alone, w. Another weight
    adds the square of its difference from w, times the raw means' sum of squares about their mean
    / J; that sum is chi-square with J - 1 degrees of freedom, times tau**2 + sigma**2 / n.
    """
    from scipy.stats import chi2

    mean, tau, sigma, n, J = 20, 3, 10, 3, 10
    noise, spread = sigma**2 / n, tau**2 + sigma**2 / n
    w = tau**2 / spread
    best = noise * (1 + (J - 1) * w) / J
    complete = noise / J + tau**2 * (1 - 1 / J)
    added = chi2(J - 1, scale=spread).expect(  # by the variance of raw means in place of tau**2
        lambda square: (square / (square + (J - 1) * noise) - w) ** 2 * square / J
    )
    sentence = (
        f"In towns of {J} garages with {n} visits each (tau = {tau}, sigma = {sigma} minutes), "
        f"the mean squared error is {noise:.1f} without pooling, {complete:.1f} with complete "
        f"pooling, {best + added:.1f} with the variance of raw means in place of tau**2, and "
        f"{best:.1f} with the best weight."
    )
    data = {"mean": mean, "tau": tau, "sigma": sigma, "n": n, "J": J, "seed": 207}
    return show("town", data, sentence, code=code)


def tumors(*, code=True):
    """Return the explorable of one experiment with rats: prior, likelihood and posterior.

    Parameters
    ----------
    code : bool
        As in `show`.

    Notes
    -----
    The population is fitted to the 70 earlier experiments, by marginal likelihood: its mean, in
    percent, and its prior sample size, in rats, to six digits each. The data are the 71st.
    """
    table = datasets.load_rat_tumors()
    y, n = table["tumors"].to_numpy(), table["rats"].to_numpy()
    fit = beta_binomial.fit_marginal_likelihood(y[:-1], n[:-1])
    mean, n0 = (float(f"{x:.6g}") for x in (100 * fit.mean, fit.prior_sample_size))
    y, n = int(y[-1]), int(n[-1])
    population = beta_binomial.BetaPopulation(n0 * mean / 100, n0 * (1 - mean / 100))
    lower, upper = population.interval(y, n)
    sentence = (
        f"With the fitted population, whose mean is {mean:.1f}% and whose prior sample size is "
        f"{n0:.1f} rats, {y} of {n} rats with a tumour give a posterior mean of "
        f"{population.estimate(y, n):.1%}, with the 95% interval {lower:.1%} to {upper:.1%}, "
        f"between the prior mean and the raw rate of {y / n:.1%}."
    )
    return show("tumors", {"mean": mean, "n0": n0, "y": y, "n": n}, sentence, code=code)


#: Counties of Minnesota without a measured house, and uranium in their soil (parts per million),
#: from the table that has it for the other counties: see the README of `data`.
NO_HOUSE = {"27051": ("Grant", 1.47959), "27125": ("Red Lake", 1.03105)}


def minnesota(*, code=True):
    """Return the explorable of radon in the counties of Minnesota: pooling, floor and uranium.

    Parameters
    ----------
    code : bool
        As in `show`.

    Notes
    -----
    Counties have their houses, the means of floor and of the log level, and the log uranium;
    `within` has the products of floor with both, about counties' means. `fitted` is n0 by REML to
    three digits: without predictors, with floor, with uranium, with both.
    """
    radon = datasets.load_radon()
    y, fips, floor = radon["log_radon"], radon["fips"], radon[["floor"]]
    means = radon.groupby("fips")[["floor", "log_radon", "log_uranium"]].mean()
    sets = itertools.product((None, means["log_uranium"]), (None, floor))
    fits = [multilevel.partial_pooling(y, fips, X, group_predictors=u) for u, X in sets]
    names = dict(zip(fips, radon["county"], strict=True))
    for place, (name, uranium) in NO_HOUSE.items():
        names[place], means.loc[place] = name, [0, 0, np.log(uranium)]
    means = means.sort_index().round(9)
    shapes, size = _outlines(means.index)
    data = {"names": [names[place] for place in means.index], "shapes": shapes, "size": size}
    data |= {name: means[column].tolist() for name, column in zip("xyu", means, strict=True)}
    data["n"] = [int((fips == place).sum()) for place in means.index]
    data["within"] = multilevel.group_sums(y, fips, floor).within[0].round(9).tolist()
    data["fitted"] = [float(f"{fit.prior_sample_size:.3g}") for fit in fits]
    home, fit = "27073", fits[0]  # Lac qui Parle
    data["home"] = means.index.get_loc(home)
    raw, pooled, centre = np.exp([means["log_radon"][home], fit.intercepts[home], fit.mean])
    sentence = (
        f"Two houses of Lac qui Parle have a typical level of {raw:.1f} pCi/L. Pooled with the "
        f"fitted n0, {data['fitted'][0]} houses, it is {pooled:.1f}; Grant and Red Lake, where no "
        f"house was measured, get the centre, {centre:.1f}."
    )
    return show("minnesota", data, sentence, code=code)


def _outlines(places):
    """Return outlines as paths of an SVG, in tenths of the map's unit, and the picture's size."""
    shapes = datasets.load_county_shapes()
    rings = [np.rint(10 * shapes.mainland(place)).astype(int) for place in places]
    corner, end = (ends(np.concatenate(rings), axis=0) for ends in (np.min, np.max))
    paths = []
    for ring in rings:
        steps = np.diff(ring, axis=0)
        told = " ".join(f"{x} {y}" for x, y in steps[steps.any(axis=1)])
        paths.append("M{} {}l{}z".format(*(ring[0] - corner), told.replace(" -", "-")))
    return paths, (end - corner).tolist()
