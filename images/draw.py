"""Draw the pictures of the README and of first screens: `python images/draw.py`.

The maps show the real kidney-cancer table (`make data` fetches it); without it they are not drawn.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.patches import Patch

from helpers import maps
from helpers.datasets import load_county_shapes, load_kidney_cancer, load_radon
from helpers.plots import NO_POOLING, PARTIAL_POOLING
from helpers.show import DPI, use_style

HERE = Path(__file__).parent


def save(fig, name: str) -> None:
    """Write one picture into this folder."""
    fig.savefig(HERE / name, dpi=DPI, facecolor="white", metadata={"Software": None})
    plt.close(fig)


def course_map(*, ax):
    """Draw the six notebooks of the course and what leads to what, on the axes given."""
    boxes = {
        "00": (0, 1, "00 Start here\nset-up,\nnotation"),
        "01": (1, 1, "01 Kidney\ncancer\nwhy pool\nat all?"),
        "02": (2, 2, "02 Garages\nderive the weight"),
        "03": (2, 1, "03 Radon\nadd predictors"),
        "04": (2, 0, "04 Rat tumours\nall unknowns at once"),
        "05": (3, 1, "05 Your turn\ntwo open\nprojects"),
    }
    drawn = {}
    for number, (x, y, words) in boxes.items():
        main = number not in {"00", "05"}
        face, edge = ("#E6F0F8", PARTIAL_POOLING.color) if main else ("white", "#3B3B3B")
        box = {"boxstyle": "round,pad=0.45", "facecolor": face, "edgecolor": edge}
        text = {"ha": "center", "va": "center", "fontsize": 11.5, "linespacing": 1.4}
        drawn[number] = ax.text(x, y, words, bbox=box, **text).get_bbox_patch()
    links = ["00 01", "01 02", "01 03", "01 04", "02 05", "03 05", "04 05"]
    for start, end in map(str.split, links):
        arrow = {"arrowstyle": "-|>", "color": "#3B3B3B"}
        arrow |= {"patchA": drawn[start], "patchB": drawn[end]}
        ax.annotate("", boxes[end][:2], boxes[start][:2], arrowprops=arrow)
    ax.set(xlim=(-0.45, 3.45), ylim=(-0.4, 2.4))
    ax.set_axis_off()
    return ax


def two_bells(*, ax):
    """Draw the model of page 02 on the axes given: averages of garages, visits to one garage."""
    minutes = np.linspace(-12, 52, 321)
    for sd, line in ((3, "-"), (10, "--")):
        height = np.exp(-(((minutes - 20) / sd) ** 2) / 2) / sd
        ax.plot(minutes, height, line, color="#3B3B3B")
    ax.text(24, 0.24, "garages' long-run averages: sd 3", va="center")
    ax.text(33.5, 0.07, "visits to one garage: sd 10", va="center")
    ax.plot(2, 0.006, clip_on=False, **NO_POOLING.points)
    ax.text(2, 0.075, "garage Z,\none visit", ha="center", color=NO_POOLING.color)
    ax.set(xlim=(-12, 62), ylim=(0, None), yticks=[], xlabel="minutes late")
    ax.spines["left"].set_visible(False)
    ax.set_title("Garages differ, and visits differ more")
    return ax


def radon_counties(*, ax):
    """Draw the typical radon level of each county against its houses, on the axes given."""
    counties = load_radon().groupby("county")["log_radon"].agg(["size", "mean", "sum"])
    size, level = counties["size"], np.exp(counties["mean"])
    state = np.exp(counties["sum"].sum() / size.sum())
    ax.plot(size, level, **NO_POOLING.points)
    ax.axhline(state, color="black", linestyle="--", linewidth=1.2)
    ax.text(320, 1.05 * state, "whole state", ha="right")
    for name in ("Lac qui Parle", "Lake", "St. Louis"):
        aside = {"textcoords": "offset points", "va": "center"}
        ax.annotate(name, (size[name], level[name]), (8, 0), **aside)
    ax.set(xscale="log", yscale="log", xlabel="houses measured", ylabel="typical level, pCi/L")
    ax.set_xlim(0.9, 330)
    ax.set_xticks([1, 3, 10, 30, 100], [1, 3, 10, 30, 100])
    ax.set_yticks([1, 3, 10], [1, 3, 10])
    ax.set_title("85 counties: the two houses of Lac qui Parle are at the top")
    return ax


def main() -> int:
    """Draw the two bells, Minnesota, the maps of counties and the map of the course."""
    use_style()
    fig, ax = plt.subplots(figsize=(6, 2.8))
    two_bells(ax=ax)
    save(fig, "two_bells.png")

    fig, ax = plt.subplots(figsize=(7, 3.6))
    radon_counties(ax=ax)
    save(fig, "radon_counties.png")

    table = load_kidney_cancer()
    if table.attrs["source"] != "real":
        print("the real kidney table is not here (make data): no maps", file=sys.stderr)
        return 1
    y, n = table["deaths_1980_84"].to_numpy(), table["person_years_1980_84"].to_numpy()
    highest = np.argsort(-y / n, kind="stable")[: len(y) // 10]
    groups = [
        (highest, maps.HIGH, "tenth with the highest rates"),
        (np.flatnonzero(y == 0), maps.LOW, "no death at all"),
    ]

    shapes, fips = load_county_shapes(), table["fips"]
    fig, axes = plt.subplots(1, 2, figsize=(9, 3.2))
    for ax, (group, color, title) in zip(axes, groups, strict=True):
        maps.county_map(shapes, dict.fromkeys(fips[group], color), ax=ax)
        ax.set_title(title)
    save(fig, "kidney_maps.png")

    fig, ax = plt.subplots(figsize=(6, 4.3))
    colors = {code: color for group, color, _ in groups for code in fips[group]}
    maps.county_map(shapes, colors, ax=ax)
    patches = [Patch(color=color, label=label) for _, color, label in groups]
    ax.legend(handles=patches, loc="lower center", bbox_to_anchor=(0.5, 0.97), ncols=2)
    ax.set_title("Kidney cancer 1980–84: highest beside lowest", pad=30)
    save(fig, "kidney_map.png")

    fig, ax = plt.subplots(figsize=(7, 4))
    course_map(ax=ax)
    save(fig, "course_map.png")
    return 0


if __name__ == "__main__":
    sys.exit(main())
