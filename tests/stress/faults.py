"""Plant one fault at a time in a copy of the last commit, and see which test catches it.

    .venv/bin/python tests/stress/faults.py [WORDS]      (`make faults`: all; WORDS pick by name)

A fault in a page is planted as an author would: the text is edited, the notebook written anew and
run. So its stored outputs agree with the fault, and something better has to notice: an assert of
the page, or a test. A fault in a table gets a new hash in the README of the data. Whatever says
MISSED needs a sharper test.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
BIN = Path(sys.executable).parent
P0, P1, P2, P3, P4, P5 = (
    f"notebooks/{name}.md"
    for name in (
        "00_start_here",
        "01_kidney_cancer",
        "02_garages",
        "03_radon",
        "04_rat_tumors",
        "05_your_turn",
    )
)

F1 = "notebooks/further/kidney_cancer.md"
F2 = "notebooks/further/garages.md"
F3 = "notebooks/further/radon.md"
N4 = P4.replace(".md", ".ipynb")


@dataclass
class Fault:
    """What is wrong, where, and which test has to notice."""

    name: str
    file: str
    before: str = ""
    after: str = ""
    by: str = ""  # a file of tests, file::test, or a notebook: run against its stored outputs
    whole: bool = False  # replace wherever it stands, not only at the first place
    edit: Callable[[dict], None] | None = None  # of a notebook, in place of before and after
    renew: bool = True  # write and run the notebook after its text was edited


def strip(notebook: dict) -> None:
    """Take all outputs away."""
    for cell in code(notebook):
        cell.update(outputs=[], execution_count=None)


def never_run(notebook: dict) -> None:
    """Leave one cell as if it had not been run."""
    code(notebook)[5].update(outputs=[], execution_count=None)


def without_alt(notebook: dict) -> None:
    """Take the alternative text of the first figure away."""
    next(o for o in outputs(notebook) if "image/png" in o.get("data", {}))["metadata"] = {}


def stale_output(notebook: dict) -> None:
    """Change the last digit of the first decimal number that is printed."""
    for output in outputs(notebook):
        text = "".join(output.get("text", ""))
        number = re.search(r"\d\.\d+", text)
        if number:
            other = number[0][:-1] + str((int(number[0][-1]) + 1) % 10)
            output["text"] = text.replace(number[0], other, 1)
            return


def code(notebook: dict) -> list[dict]:
    """Return the code cells."""
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def outputs(notebook: dict) -> list[dict]:
    """Return the outputs of all cells."""
    return [output for cell in code(notebook) for output in cell["outputs"]]


FAULTS = [
    # wrong prior exponent
    Fault(
        "wrong prior exponent, helper",
        "helpers/_beta_likelihood.py",
        "return -2.5 * np.log(",
        "return -1.5 * np.log(",
        "test_beta_binomial::test_published_mode",
    ),
    Fault(
        "wrong prior exponent, grid by hand",
        P4,
        "- 2.5 * np.log(a + b) + np.log(a * b)",
        "- 1.5 * np.log(a + b) + np.log(a * b)",
        "test_04_rat_tumors::test_prior_exponents_of_the_table",
    ),
    Fault(
        "wrong prior exponent, own sampler",
        P4,
        "- 2.5 * np.log(alpha + beta)",
        "- 1.5 * np.log(alpha + beta)",
        "test_04_rat_tumors::test_conditional_density_is_that_of_the_joint",
    ),
    Fault(
        "wrong prior exponent, in words",
        P4,
        r"proportional to $\kappa^{-3/2}$",
        r"proportional to $\kappa^{-5/2}$",
        "test_04_rat_tumors::test_prior_exponents_of_the_table",
    ),
    # n-1 for n, and the other way round
    Fault(
        "n-1 for n, helper",
        "helpers/beta_binomial.py",
        "    variance = rates.var()",
        "    variance = rates.var(ddof=1)",
        "test_beta_binomial",
    ),
    Fault(
        "n-1 for n, moments by hand",
        P4,
        "np.var(old_y / old_n)",
        "np.var(old_y / old_n, ddof=1)",
        "test_04_rat_tumors::test_source_numbers_stand_on_the_page",
    ),
    # sd for variance, and the other way round
    Fault(
        "sd for variance, helper",
        "helpers/normal_normal.py",
        "np.mean(np.square(se)), 0))",
        "np.mean(se), 0))",
        "test_normal_normal",
    ),
    Fault(
        "variance for sd, a garage's interval",
        P5,
        "np.sqrt(sixth * 10**2 / 6)",
        "sixth * 10**2 / 6",
        "test_05_your_turn::test_intervals_of_the_grid_by_a_second_route",
    ),
    Fault(
        "entries for data sets, Monte Carlo errors",
        "helpers/simulate.py",
        "values = values.mean(axis=1)",
        "values = values.ravel()",
        "test_simulate",
    ),
    Fault(
        "sd for variance, rates over exposure",
        "helpers/gamma_poisson.py",
        "np.sqrt(self.mean / self.prior_sample_size)",
        "self.mean / self.prior_sample_size",
        "test_gamma_poisson::test_population_by_quadrature",
    ),
    # limits and evidence of rates over exposure
    Fault(
        "rates over exposure, one tail for two",
        "helpers/gamma_poisson.py",
        "return (1 - level) / 2",
        "return 1 - level",
        "test_gamma_poisson::test_estimate_interval_and_predictive_by_quadrature",
    ),
    Fault(
        "rates over exposure, exact limits half an event short",
        "helpers/gamma_poisson.py",
        "gammainccinv(y + 1,",
        "gammainccinv(y + 0.5,",
        "test_gamma_poisson::test_three_poolings_by_definition",
    ),
    Fault(
        "rates over exposure, spread denied against evidence",
        "helpers/gamma_poisson.py",
        "_deviance(z, *data) + 1:",
        "_deviance(z, *data) + 100:",
        "test_gamma_poisson::test_spread_is_told_where_there_is_evidence_and_where_n0_is_small",
    ),
    Fault(
        "rates over exposure, a slope of the wrong sign",
        "helpers/gamma_poisson.py",
        "by_mean + shape * share",
        "by_mean - shape * share",
        "test_gamma_poisson::test_fit_equals_a_search_without_slopes",
    ),
    # heads for person-years
    Fault(
        "heads for person-years, helper",
        "helpers/datasets.py",
        '    raw["fips"] = raw["fips"].str.zfill(5)\n',
        '    raw["fips"] = raw["fips"].str.zfill(5)\n    raw[["pop", "pop.2"]] //= 5\n',
        "test_datasets",
    ),
    Fault(
        "heads for person-years, the page's n",
        P1,
        'table["person_years_1980_84"].to_numpy() / 100_000\n',
        'table["person_years_1980_84"].to_numpy() / 500_000\n',
        "test_pages::test_the_page_says_what_is_so",
    ),
    Fault(
        "heads for person-years, weights of 05",
        P5,
        'counties["person_years_1980_84"]\n',
        'counties["person_years_1980_84"] // 5\n',
        "test_05_your_turn::test_opening_table_and_answer",
    ),
    Fault(
        "heads for person-years, in words",
        P1,
        "Ten men in five years are 50 person-years",
        "Ten men in five years are 10 person-years",
        "test_pages::test_the_page_says_what_is_so",
    ),
    # wrong county joined
    Fault(
        "wrong county joined, uranium in the table",
        "data/radon.csv",
        ",0.502054\n",
        ",0.892741\n",
        "test_03_radon",
        whole=True,
    ),
    Fault(
        "wrong county joined, loader",
        "helpers/datasets.py",
        'raw["fips"].str.zfill(5)',
        'raw["fips"].str.ljust(5, "0")',
        "test_datasets",
    ),
    Fault(
        "wrong county joined, shades of the map",
        P1,
        'dict(zip(table["fips"], shades[step]))',
        "dict(zip(shapes.rings, shades[step]))",
        "test_01_kidney_cancer::test_maps_give_each_county_its_own_shade",
    ),
    Fault(
        "wrong county joined, tenths by size",
        P1,
        'np.argsort(np.argsort(n, kind="stable")) * 10',
        'np.argsort(n, kind="stable") * 10',
        "test_01_kidney_cancer::test_scores_and_their_errors_by_beta_binomials",
    ),
    # activity + 0.1
    Fault(
        "activity + 0.1, loader",
        "helpers/datasets.py",
        "np.log(np.where(recorded == 0, 0.1, recorded))",
        "np.log(recorded + 0.1)",
        "test_datasets",
    ),
    Fault(
        "activity + 0.1, page 05",
        P5,
        'of_houses = houses["log_radon"],',
        'of_houses = np.log(houses["activity"] + 0.1),',
        "test_05_your_turn::test_spreads_between_units_are_those_of_the_fits",
    ),
    # log base
    Fault(
        "log base, loader",
        "helpers/datasets.py",
        'np.log(houses["uppm"].to_numpy())',
        'np.log10(houses["uppm"].to_numpy())',
        "test_datasets",
    ),
    Fault(
        "log base, log score",
        P1,
        "return stats.nbinom.logpmf(y2, deaths + y, (n0 + n) / (n0 + n + later))",
        "return np.log10(stats.nbinom.pmf(y2, deaths + y, (n0 + n) / (n0 + n + later)))",
        "test_01_kidney_cancer::test_scores_and_their_errors_by_beta_binomials",
    ),
    # row 71 used in the prior
    Fault(
        "row 71 in the prior, helper",
        "helpers/answers/rat_tumors.py",
        "earlier = y[:-1], n[:-1]",
        "earlier = y, n",
        "test_04_rat_tumors::test_the_current_experiment_is_no_part_of_the_moments",
    ),
    Fault(
        "half right is right, helper",
        "helpers/answers/kinds.py",
        "near.all(axis=1).any()",
        "near.any(axis=1).any()",
        "test_checks",
    ),
    Fault(
        "a superset of the letters is right, helper",
        "helpers/answers/kinds.py",
        "order(letters) == order(self.expected)",
        "order(letters) >= order(self.expected)",
        "test_checks",
    ),
    Fault(
        "a slip is another number, helper",
        "helpers/answers/your_turn.py",
        "abs([0, 1, 1] - right)",
        "abs([0, 1, 2] - right)",
        "test_checks",
    ),
    Fault(
        "row 71 in the prior, section 1",
        P4,
        "old_y, old_n = y[:-1], n[:-1]",
        "old_y, old_n = y, n",
        "test_04_rat_tumors::test_opening_figures",
    ),
    Fault(
        "row 71 in the prior, full Bayes",
        P4,
        "posterior_grid(old_y, old_n)",
        "posterior_grid(y, n)",
        "test_04_rat_tumors::test_all_answers_side_by_side",
    ),
    Fault(
        "row 71 in the prior, page 05",
        P5,
        "load_rat_tumors()[:-1]",
        "load_rat_tumors()",
        "test_05_your_turn::test_spreads_between_units_are_those_of_the_fits",
    ),
    # a burn-in kept
    Fault(
        "a burn-in kept, helper",
        "helpers/mcmc.py",
        "        if sweep >= self.warmup:\n            draw = sweep - self.warmup",
        "        if sweep < self.alpha.shape[1]:\n            draw = sweep",
        "test_mcmc",
    ),
    Fault(
        "a burn-in kept, own chains",
        P4,
        "log_size_path[:, 1000:]",
        "log_size_path[:, 1:]",
        "test_04_rat_tumors::test_the_first_thousand_sweeps_are_thrown_away",
    ),
    # a seed changed
    Fault(
        "a digit of the twin",
        "data/kidney_twin.csv",
        "Autauga County,Alabama,5,",
        "Autauga County,Alabama,6,",
        "test_datasets",
    ),
    Fault(
        "a seed changed, page 02",
        P2,
        "default_rng(206)",
        "default_rng(26)",
        "test_notebook_files::test_a_seed_names_its_page_and_section",
    ),
    Fault(
        "a seed changed, page 04",
        P4,
        "default_rng(409)",
        "default_rng(49)",
        "test_notebook_files::test_a_seed_names_its_page_and_section",
    ),
    # axes swapped
    Fault(
        "axes swapped, helper",
        "helpers/maps.py",
        'ax.plot(n[rows], rate[rows], "."',
        'ax.plot(rate[rows], n[rows], "."',
        "test_pages::test_each_figure_shows_what_its_facts_say",
    ),
    Fault(
        "axes swapped, labels of the funnel",
        "helpers/maps.py",
        'xlabel="person-years", ylabel="deaths per 100,000"',
        'xlabel="deaths per 100,000", ylabel="person-years"',
        "test_pages::test_each_figure_shows_what_its_facts_say",
    ),
    Fault(
        "axes swapped, estimates against rates",
        P4,
        "ax.plot(old_y / old_n, partial,",
        "ax.plot(partial, old_y / old_n,",
        "test_04_rat_tumors::test_estimates_stand_over_their_own_rates",
    ),
    # a stale sentence
    Fault(
        "a stale sentence, 00",
        P0,
        "prior sample size is $n_0 = 10$",
        "prior sample size is $n_0 = 20$",
        "test_pages::test_each_formula_has_a_twin_that_agrees",
    ),
    Fault(
        "a stale sentence, 01",
        P1,
        "tells 593 counties",
        "tells 539 counties",
        "test_pages::test_the_page_says_what_is_so",
    ),
    Fault(
        "a stale sentence, 01 again",
        P1,
        "381 come from the largest tenth",
        "381 come from the smallest tenth",
        "test_pages::test_the_page_says_what_is_so",
    ),
    Fault(
        "a stale sentence, further on 01",
        F1,
        "adjusted rates *rise* from 4.1 to 4.9",
        "adjusted rates *fall* from 4.9 to 4.1",
        "test_pages::test_the_page_says_what_is_so",
    ),
    Fault(
        "further on 01, one trend for two",
        F1,
        "for group in (large, ~large):",
        "for group in (large, large):",
        "test_pages::test_what_cells_print_is_what_a_second_route_gives",
    ),
    Fault(
        "further on 01, age-adjusted rates not weighted",
        F1,
        '"adjusted": rates * years}',
        '"adjusted": rates * years.mean()}',
        "test_pages::test_each_figure_shows_what_its_facts_say",
    ),
    Fault(
        "further on 01, the grid without its second prior",
        F1,
        "np.log(sizes / 2), scale=1.15)",
        "np.log(sizes / 2), scale=0.1)",
        "test_01_kidney_cancer::test_full_bayes_by_a_random_walk",
    ),
    Fault(
        "further on 01, predictions without the trend",
        F1,
        "predicted = population.predictive(y, n, trend * n2)",
        "predicted = population.predictive(y, n, n2)",
        "test_pages::test_what_cells_print_is_what_a_second_route_gives",
    ),
    Fault(
        "further on 01, both periods in one line style",
        F1,
        "ax.plot(rate, line, color=color)",
        "ax.plot(rate, color=color)",
        "test_pages::test_each_figure_shows_what_its_facts_say",
    ),
    Fault(
        "further on 01, a section that needs another",
        F1,
        "size = np.log(n)\nadjusted",
        "adjusted",
        "test_pages::test_each_section_of_a_further_page_stands_alone",
    ),
    Fault(
        "a stale sentence, 04",
        P4,
        "The mean of their rates is 13.6%",
        "The mean of their rates is 16.3%",
        "test_04_rat_tumors::test_opening_figures",
    ),
    Fault(
        "a stale sentence, 04 again",
        P4,
        "from 8 to 32 rats",
        "from 8 to 23 rats",
        "test_04_rat_tumors::test_medians_and_interval_quoted",
    ),
    Fault(
        "a stale sentence, 05",
        P5,
        "an experiment | rats | 16 |",
        "an experiment | rats | 61 |",
        "test_05_your_turn::test_opening_table_and_answer",
    ),
    Fault(
        "a stale sentence, 05 again",
        P5,
        "about an eighth",
        "about a third",
        "test_05_your_turn::test_opening_table_and_answer",
    ),
    Fault(
        "a word that leads to another page",
        "notebooks/further/words.md",
        "its variances are a little too small on average. | [03](../03_radon.ipynb)",
        "its variances are a little too small on average. | [02](../02_garages.ipynb)",
        "test_further_words",
    ),
    # what goes wrong between text and notebook, and in other files
    Fault("outputs stripped", N4, by="test_notebook_files", edit=strip),
    Fault(
        "text edited, not the notebook",
        P4,
        "posterior",
        "Posterior",
        "test_notebook_files",
        renew=False,
    ),
    Fault("a cell never run", N4, by="test_notebook_files", edit=never_run),
    Fault("a misspelt tag", P4, "tags: [exercise]", "tags: [exercize]", "test_notebook_files"),
    Fault("a figure without alt text", N4, by="test_notebook_files", edit=without_alt),
    Fault("a stale output", N4, by="notebooks/04_rat_tumors.ipynb", edit=stale_output),
    Fault("a digit of the data", "data/rat_tumors.csv", "4,14", "4,15", "test_datasets"),
    Fault(
        "a broken link in the README",
        "README.md",
        "(data/README.md)",
        "(data/READM.md)",
        "test_readme",
    ),
    Fault(
        "a pooling in another's colour, helper",
        "helpers/plots.py",
        "((NO_POOLING, raw), (PARTIAL_POOLING, partial))",
        "((NO_POOLING, partial), (PARTIAL_POOLING, raw))",
        "test_plots",
    ),
    # a figure that does not show what it says
    Fault(
        "a figure: limits of another level",
        P1,
        "interval(0.998, national * size)",
        "interval(0.99, national * size)",
        "test_pages::test_each_figure_shows_what_its_facts_say",
    ),
    Fault(
        "a figure: linear for log",
        P5,
        'top.set(xscale="log", ylim',
        "top.set(ylim",
        "test_figures::test_axes_have_their_scale_and_unit",
    ),
    Fault(
        "a figure: names in another's colour, helper",
        "helpers/plots.py",
        "(1, place), (6, 0), color=looks[name].color",
        "(1, place), (6, 0), color=PLAIN.color",
        "test_plots",
    ),
    Fault(
        "a pooling in another's colour, one page's figure",
        P4,
        "alpha=0.6, **plots.PARTIAL_POOLING.points",
        "alpha=0.6, **plots.NO_POOLING.points",
        "test_04_rat_tumors::test_estimates_stand_over_their_own_rates",
    ),
    # what a page claims, planted by someone who had not seen the tests
    Fault(
        "a claim: the central weight, 00",
        P0,
        "> $n_j / (n_j + n_0)$, where",
        "> $n_0 / (n_j + n_0)$, where",
        "test_pages",
    ),
    Fault(
        "a claim: who listens to whom, 00",
        P0,
        "listens mostly to the others. A group with many listens mostly to itself.",
        "listens mostly to itself. A group with many listens mostly to the others.",
        "test_pages",
    ),
    Fault(
        "a claim: options swapped, 00",
        P0,
        "(a) large, (b) small, (c) of all",
        "(a) small, (b) large, (c) of all",
        "test_pages",
    ),
    Fault(
        "a claim: colours in the alternative text, 00",
        P0,
        "hollow orange circles, dark squares, blue diamonds.",
        "hollow blue circles, dark squares, orange diamonds.",
        "test_pages",
    ),
    Fault(
        "a claim: a half for a quarter, 00",
        P0,
        "if most players hit about a quarter?",
        "if most players hit about a half?",
        "test_pages",
    ),
    # page 02 and its further page
    Fault(
        "sd for variance, the model of 02",
        P2,
        'Normal("epsilon_j", 0, PerObservationSD / sympy.sqrt(n_j))',
        'Normal("epsilon_j", 0, PerObservationSD**2 / n_j)',
        "test_pages",
    ),
    Fault(
        "the centre of 02 without weights",
        P2,
        "centre = (weight * raw).sum() / weight.sum()",
        "centre = raw.mean()",
        "test_pages::test_each_figure_shows_what_its_facts_say",
    ),
    Fault(
        "who beats whom, 02",
        P2,
        "no pooling exactly when $n < n_0$",
        "no pooling exactly when $n > n_0$",
        "test_pages::test_each_formula_has_a_twin_that_agrees",
    ),
    Fault(
        "one for three lost means, 02",
        P2,
        "weight = 1 - (18 - 3) * noise",
        "weight = 1 - (18 - 1) * noise",
        "test_pages::test_what_cells_print_is_what_a_second_route_gives",
    ),
    Fault(
        "noise added to the spread, 02",
        P2,
        "np.maximum(0, spread - noise) / spread",
        "np.maximum(0, spread + noise) / spread",
        "test_pages::test_what_cells_print_is_what_a_second_route_gives",
    ),
    Fault(
        "a claim: the wrong letter, further on 02",
        F2,
        "so (a) fails; the average",
        "so (d) fails; the average",
        "test_pages::test_the_page_says_what_is_so",
    ),
    Fault(
        "a claim: weights go down, further on 02",
        F2,
        "so varied that all weights go up",
        "so varied that all weights go down",
        "test_pages::test_the_page_says_what_is_so",
    ),
    Fault(
        "an assert of the source lost, further on 02",
        F2,
        "assert (soln_exact - neat_soln_exact).together().expand() == 0\n",
        "",
        "test_02_garages::test_the_source_s_derivation_is_whole",
    ),
    Fault(
        "a spread of its own for t, further on 02",
        F2,
        "rng.standard_t(3, (20_000, 20)) / np.sqrt(3)",
        "rng.standard_t(3, (20_000, 20))",
        "test_02_garages::test_towns_that_are_not_normal_and_few_garages_drawn_anew",
    ),
    Fault(
        "a figure: schools with each other's letters, further on 02",
        F2,
        'dict(zip("ABCDEFGH", estimate[small].T))',
        'dict(zip("HGFEDCBA", estimate[small].T))',
        "test_pages::test_each_figure_shows_what_its_facts_say",
    ),
    # radon, page 03 and its further page
    Fault(
        "radon: highest for lowest",
        P3,
        "five highest counties have one to four",
        "five lowest counties have one to four",
        "test_pages::test_the_page_says_what_is_so",
    ),
    Fault(
        "radon: the two empty counties swapped",
        P3,
        "np.log([1.48, 1.03])",
        "np.log([1.03, 1.48])",
        "test_03_radon::test_maps_give_each_county_its_shade_and_fill_two_in",
    ),
    Fault(
        "radon: n-2 for n, deviance by hand",
        P3,
        "rss / 919)) + log_V",
        "rss / 917)) + log_V",
        "test_pages::test_each_formula_has_a_twin_that_agrees",
    ),
    Fault(
        "radon: one curve drawn for two",
        P3,
        '"--", of_equal, 0.45',
        '"--", sums, 0.45',
        "test_pages::test_each_figure_shows_what_its_facts_say",
    ),
    Fault(
        "radon: a county's sd for a house's",
        P3,
        "norm.sf(limit, seen.mean, seen.observation_sd)",
        "norm.sf(limit, seen.mean, seen.parameter_sd)",
        "test_pages::test_each_figure_shows_what_its_facts_say",
    ),
    Fault(
        "further radon: n for n-2, REML by hand",
        F3,
        "left @ np.linalg.solve(V, left) / 917",
        "left @ np.linalg.solve(V, left) / 919",
        "test_pages::test_each_formula_has_a_twin_that_agrees",
    ),
    Fault(
        "further radon: a burn-in kept, one chain",
        F3,
        "np.mean(chain[100:], axis=0)",
        "np.mean(chain, axis=0)",
        "test_03_radon::test_samples_by_other_routes",
    ),
    Fault(
        "further radon: clusters averaged, not added",
        F3,
        "off = (d - d.mean()).groupby(group).sum()",
        "off = (d - d.mean()).groupby(group).mean()",
        "test_03_radon::test_left_out_houses_and_their_clustered_errors",
    ),
    Fault(
        "further radon: pooled pairs drawn as raw",
        F3,
        "ax.plot(*alone[moved].T, **plots.NO",
        "ax.plot(*pairs[moved].T, **plots.NO",
        "test_pages::test_each_figure_shows_what_its_facts_say",
    ),
    Fault(
        "further radon: the spread of slopes, digits turned",
        F3,
        "their sd, 0.34, is as large",
        "their sd, 0.43, is as large",
        "test_pages::test_the_page_says_what_is_so",
    ),
]


def main(words: list[str]) -> int:
    """Print a line for each fault; return how many were missed."""
    wanted = [fault for fault in FAULTS if all(word in fault.name for word in words)]
    missed = 0
    with tempfile.TemporaryDirectory() as place:
        copy = Path(place) / "checkout"
        subprocess.run(["git", "clone", "--quiet", ROOT, copy], check=True)
        for fault in wanted:
            start = time.perf_counter()
            try:
                found = caught_by(fault, copy)
                told = f"caught by {found}" if found else "MISSED"
            except LookupError as error:
                found, told = "", f"NOT PLANTED, {error}"
            missed += not found
            print(f"{fault.name}: {told} ({time.perf_counter() - start:.0f} s)", flush=True)
    print(f"{len(wanted) - missed} of {len(wanted)} caught")
    return missed


def caught_by(fault: Fault, copy: Path) -> str:
    """Plant the fault in a clean copy and return what catches it, or nothing."""
    for clean in (["checkout", "--quiet", "."], ["clean", "--quiet", "-dfx"]):
        subprocess.run(["git", *clean], cwd=copy, check=True)
    path = copy / fault.file
    text = path.read_text(encoding="utf-8")
    if fault.edit:
        notebook = json.loads(text)
        fault.edit(notebook)
        path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    else:
        if fault.before not in text:
            raise LookupError(f"{fault.file} does not hold {fault.before!r}")
        changed = text.replace(fault.before, fault.after, -1 if fault.whole else 1)
        path.write_text(changed, encoding="utf-8")
        if path.suffix == ".csv":
            rehash(copy / "data" / "README.md", path)
        if fault.file.startswith("notebooks/") and fault.renew:
            stopped = make_notebook(path, copy, execute=code_of(text) != code_of(changed))
            if stopped:
                return f"the page itself: {stopped}"
    test = fault.by
    if not test.endswith(".ipynb"):
        file, _, one = test.partition("::")
        test = f"tests/{file}.py" + (f"::{one}" if one else "")
    command = [BIN / "python", "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider"]
    command += ["-p", "no:xdist", "--nbval", "--nbval-current-env"]
    done = run([*command, "-m", "not long and not browser", test], copy)
    first = re.search(r"^(?:FAILED|ERROR) (\S+)", done.stdout, flags=re.MULTILINE)
    nothing = not first and "passed" not in done.stdout.splitlines()[-1]
    if done.returncode > 1 or nothing:
        raise RuntimeError(f"{fault.name}: {test} did not run\n{done.stdout}{done.stderr}")
    return first[1] if first else ""


def code_of(text: str) -> list[str]:
    """Return the code cells of a page's text: without a change there, outputs stay as they are."""
    return re.findall(r"^```\{code-cell\}.*?^```", text, flags=re.MULTILINE | re.DOTALL)


def make_notebook(text: Path, copy: Path, *, execute: bool) -> str:
    """Write and run the notebook as `make notebooks` does; return what stopped it, if anything."""
    notebook = text.with_suffix(".ipynb")
    convert = [BIN / "jupyter", "nbconvert", "--log-level=ERROR", "--inplace"]
    run([BIN / "jupytext", "--quiet", "--to", "ipynb", "--update", text], copy).check_returncode()
    if not execute:
        return ""
    options = ["--to", "notebook", "--execute", "--ExecutePreprocessor.record_timing=False"]
    done = run([*convert, *options, notebook], copy)
    if done.returncode:
        return re.sub(r"\x1b\[[\d;]*m", "", done.stderr).strip().splitlines()[-1]
    run([*convert, "--coalesce-streams", notebook], copy).check_returncode()
    return ""


def rehash(readme: Path, table: Path) -> None:
    """Write the hash of a changed table into the README of the data."""
    line = rf"(\| `{re.escape(table.name)}` \| `)[0-9a-f]+"
    new = hashlib.sha256(table.read_bytes()).hexdigest()
    readme.write_text(re.sub(line, rf"\g<1>{new}", readme.read_text(encoding="utf-8")))


def run(command: list, copy: Path) -> subprocess.CompletedProcess:
    """Run a command with the copy's own helpers."""
    environment = {**os.environ, "PYTHONPATH": str(copy), "PARTIAL_POOLING_QUIET": "1"}
    return subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]) > 0)
