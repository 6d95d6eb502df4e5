"""Draw the pictures of the README from the kidney-cancer table: `python images/draw.py`.

The pictures show the real table (`make data` fetches it); without it nothing is drawn.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from matplotlib import pyplot as plt
from scipy import stats

from helpers import plots
from helpers.datasets import load_county_shapes, load_kidney_cancer
from helpers.show import DPI, use_style

HERE = Path(__file__).parent


def save(fig, name: str) -> None:
    """Write one picture into this folder."""
    fig.savefig(HERE / name, dpi=DPI, facecolor="white", metadata={"Software": None})
    plt.close(fig)


def main() -> int:
    """Draw the two maps, the funnel and the map of the course."""
    table = load_kidney_cancer()
    if table.attrs["source"] != "real":
        print("the real kidney table is not here (make data): nothing drawn", file=sys.stderr)
        return 1
    use_style()
    y, n = table["deaths_1980_84"].to_numpy(), table["person_years_1980_84"].to_numpy()
    raw, national = y / n, y.sum() / n.sum()
    highest = np.argsort(-raw, kind="stable")[: len(y) // 10]
    groups = [
        (highest, plots.HIGH, "the tenth with the highest rates"),
        (np.flatnonzero(y == 0), plots.LOW, "no death at all"),
    ]

    shapes, fips = load_county_shapes(), table["fips"]
    fig, axes = plt.subplots(1, 2, figsize=(9, 3.2))
    for ax, (group, color, title) in zip(axes, groups, strict=True):
        plots.county_map(shapes, dict.fromkeys(fips[group], color), ax=ax)
        ax.set_title(title)
    save(fig, "kidney_maps.png")

    size = np.geomspace(200, 2e7, 500)
    limits = [
        np.divide(stats.poisson.interval(level, size * national), size) for level in (0.95, 0.998)
    ]
    fig, ax = plt.subplots(figsize=(7, 4.6))
    plots.funnel(n, raw, national, size, limits, ax=ax, groups=groups, scale=1e5)
    ax.set(ylim=(-1, 50), xlabel="person-years 1980–84", ylabel="deaths per 100,000 a year")
    save(fig, "kidney_funnel.png")

    fig, ax = plt.subplots(figsize=(7, 4))
    plots.course_map(ax=ax)
    save(fig, "course_map.png")
    return 0


if __name__ == "__main__":
    sys.exit(main())
