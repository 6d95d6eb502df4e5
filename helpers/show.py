"""How a page looks and how it shows a figure: one style, and alternative text on every picture."""

from __future__ import annotations

import io

import numpy as np

#: Figure width in inches of a full-width figure; the height is the page's choice.
WIDTH = 7.0
#: Dots per inch of stored figures: sharp at full width, still small in the file.
DPI = 120


def use_style() -> None:
    """Set the one figure style of the course (seaborn's "ticks" theme, plain and quiet)."""
    import seaborn as sns

    sns.set_theme(
        context="notebook",
        style="ticks",
        rc={
            "figure.figsize": (WIDTH, 4.0),
            "figure.dpi": DPI,
            "figure.constrained_layout.use": True,
            "font.size": 11,
            "axes.titlesize": 12,
            "axes.titlelocation": "left",
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.labelsize": 11,
            "xtick.labelsize": 10,
            "ytick.labelsize": 10,
            "legend.frameon": False,
            "legend.fontsize": 10,
            "lines.linewidth": 1.8,
        },
    )


def show(fig, alt: str) -> None:
    """Display `fig` with its alternative text, then close it.

    Parameters
    ----------
    fig : matplotlib.figure.Figure
        The finished figure.
    alt : str
        One or two whole sentences that say what it shows: they travel with the picture.

    Raises
    ------
    ValueError
        If `alt` is not a sentence: shorter than 30 characters or without a full stop.
    """
    from IPython.display import display
    from matplotlib import pyplot as plt

    if not isinstance(alt, str) or len(alt) < 30 or not alt.rstrip().endswith("."):
        raise ValueError(f"alt: a sentence that says what the figure shows is wanted; got {alt!r}")
    alt = " ".join(alt.split())
    if fig.get_layout_engine():  # lay out here, once: savefig would draw the whole figure for it
        fig.get_layout_engine().execute(fig)
        with plt.rc_context({"figure.constrained_layout.use": False}):
            fig.set_layout_engine(None)  # no engine left ("none" leaves one that counts as one)
    picture = io.BytesIO()
    fig.savefig(picture, format="png", dpi=DPI, facecolor="white", metadata={"Software": None})
    plt.close(fig)
    display(
        {"image/png": picture.getvalue(), "text/plain": f"[figure] {alt}"},
        raw=True,
        metadata={"image/png": {"alt": alt}},
    )


def two_digits(table):
    """Return a table of a sampler's numbers as text: two significant digits, no more.

    Monte Carlo error supports no further ones, and they may differ between processors.
    A column `r_hat` is given with two decimals.
    """

    def text(x):
        return np.format_float_positional(x, 2, unique=False, fractional=False).rstrip(".")

    told = table.map(text)
    if "r_hat" in table:
        told["r_hat"] = table["r_hat"].map("{:.2f}".format)
    return told
