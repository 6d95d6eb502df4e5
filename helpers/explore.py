"""Explorables: pictures a reader moves without a kernel, in JupyterLab and on the site alike.

Their scripts are in `site/explorables`; `make explorables` bundles them into `explore.min.js`.
"""

from __future__ import annotations

import json
from pathlib import Path

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
        What it draws, ready for JSON; the colours of the three poolings are added.
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


def weight(*, n=3, prior_sample_size=11, own=50, everyone=30, code=True):
    """Return the explorable of one garage's n and the prior sample size.

    Parameters
    ----------
    n : int
        Visits of the garage at the start, 1 to 1000.
    prior_sample_size : int
        n0 at the start and at the mark under the track, 0 to 1000.
    own, everyone : float
        Mean waits of this garage and of all garages, in minutes.
    code : bool
        As in `show`.
    """
    for name, value, least in (("n", n, 1), ("prior_sample_size", prior_sample_size, 0)):
        if value not in range(least, 1001):
            raise ValueError(f"{name}: a whole number from {least} to 1000 is wanted; got {value}")
    if own == everyone:
        raise ValueError(f"own: must differ from everyone; got {own} for both")
    estimate = (n * own + prior_sample_size * everyone) / (n + prior_sample_size)
    sentence = (
        f"With n = {n} visits and n0 = {prior_sample_size}, the weight of the garage's own mean is "
        f"{n} / {n + prior_sample_size}: its estimate is {estimate:.1f} minutes, between the mean "
        f"of all garages ({everyone:g}) and its own ({own:g})."
    )
    data = {
        "n": n,
        "n0": prior_sample_size,
        "own": own,
        "all": everyone,
        "unit": "minutes",
        "group": "this garage",
        "groups": "garages",
        "things": "visits",
        "mark": {"value": prior_sample_size, "text": f"notebook 02: {prior_sample_size}"},
    }
    return show("weight", data, sentence, code=code)
