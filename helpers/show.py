"""How a page looks and how it shows a figure: one style, and alternative text on every picture."""

from __future__ import annotations

import io

import numpy as np

from helpers.slider import slider as slider  # pages import it from here

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
        One or two whole sentences that say what the figure shows, for readers who cannot see it.
        They travel with the picture into JupyterLab and onto the site.

    Raises
    ------
    ValueError
        If `alt` is not a sentence: shorter than 30 characters or without a full stop; or if a
        pooling is drawn in another one's colour.
    """
    from IPython.display import display
    from matplotlib import pyplot as plt

    if not isinstance(alt, str) or len(alt) < 30 or not alt.rstrip().endswith("."):
        raise ValueError(f"alt: a sentence that says what the figure shows is wanted; got {alt!r}")
    alt = " ".join(alt.split())
    _refuse_borrowed_colours(fig)
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

    Parameters
    ----------
    table : pandas.DataFrame
        Numbers only. A column `r_hat` is given with two decimals.

    Returns
    -------
    pandas.DataFrame
    """

    def text(x):
        return np.format_float_positional(x, 2, unique=False, fractional=False).rstrip(".")

    told = table.map(text)
    if "r_hat" in table:
        told["r_hat"] = table["r_hat"].map("{:.2f}".format)
    return told


def _refuse_borrowed_colours(fig) -> None:
    """Raise `ValueError` if something labelled as one pooling has the colour of another."""
    from matplotlib.colors import to_rgb

    from helpers import plots

    looks = (plots.NO_POOLING, plots.COMPLETE_POOLING, plots.PARTIAL_POOLING, plots.TRUTH)
    named = {to_rgb(look.color): look.label for look in looks}
    for label, color in _labelled_colours(fig, set(named.values())):
        owner = named.get(to_rgb(color), label)
        if owner != label:
            raise ValueError(f"fig: {label!r} is drawn in the colour of {owner!r}")


def _labelled_colours(fig, labels):
    """Yield (label, colour) of what is drawn or written in `fig` under one of `labels`."""
    for ax in fig.axes:  # only what a page put there: ticks and spines are many, and slow to visit
        for text in ax.texts:
            if text.get_text() in labels:
                yield text.get_text(), text.get_color()
        groups = [(group.get_label(), group.get_children()) for group in ax.containers]
        groups += [(a.get_label(), [a]) for a in (*ax.lines, *ax.collections, *ax.patches)]
        for label, artists in groups:
            for artist in artists if label in labels else ():
                for color in _colours(artist):
                    yield label, color


def _colours(artist):
    """Return the colours of a line, of an area or of a collection of marks, as a list."""
    if hasattr(artist, "get_color"):
        color = artist.get_color()
        return [color] if isinstance(color, str | tuple) else list(color)
    return [*np.atleast_2d(artist.get_facecolor()), *np.atleast_2d(artist.get_edgecolor())]
