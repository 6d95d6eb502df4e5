"""Past one machine: summaries of partitions add up to the summary of the whole table.

    python tests/bench/scale.py [GROUPS] [PARTITIONS]

Writes a table of ten rows a group as partitioned Parquet, rows in no order, so that every group
is spread over all the partitions. Two Dask workers (processes of their own) each read partitions
and return a table of sums; the fit from their sum is compared with the fit from all the rows.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent))
from radon import data


def summarise(part):
    """Sum one partition, a data frame, by group: this is all that crosses the network."""
    rows = part.assign(n=1)
    for a, b in ("xx", "xy", "yy"):
        rows[f"{a}*{b}"] = rows[a] * rows[b]
    return rows.groupby("group").sum()


def main(groups: int, partitions: int) -> dict:
    """Fit both ways; return the worst relative difference and the sizes."""
    import dask
    import dask.dataframe as dd
    import pandas as pd
    from dask.distributed import Client, LocalCluster

    from helpers.multilevel import GroupSums, fit_sums, partial_pooling

    y, group, x = data(groups)
    order = np.random.default_rng(1).permutation(y.size)
    table = pd.DataFrame({"y": y[order], "group": group[order], "x": x[order]})
    whole = partial_pooling(table["y"], table["group"], table[["x"]])
    with tempfile.TemporaryDirectory() as folder:
        dd.from_pandas(table, npartitions=partitions).to_parquet(folder)
        with (
            LocalCluster(
                n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
            ) as cluster,
            Client(cluster),
        ):
            start = time.perf_counter()
            parts = dd.read_parquet(folder).to_delayed()
            summaries = dask.compute(*[dask.delayed(summarise)(part) for part in parts])
            spread = fit_sums(
                GroupSums.from_table(pd.concat(summaries).groupby(level=0).sum(), X=["x"])
            )
            taken = time.perf_counter() - start

    def numbers(fit):
        kept = (fit.coefficients, fit.standard_errors, fit.intercepts, fit.intercept_sd)
        return np.r_[(*kept, fit.sigma_alpha, fit.sigma_y, fit.deviance)]

    off = np.abs(numbers(spread) / numbers(whole) - 1).max()
    return {
        "rows": y.size,
        "groups": groups,
        "partitions": partitions,
        "seconds": taken,
        "bytes_rows": int(table.memory_usage(index=False).sum()),
        "bytes_summaries": int(sum(part.memory_usage().sum() for part in summaries)),
        "off": float(off),
    }


if __name__ == "__main__":
    groups = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    print(json.dumps(main(groups, int(sys.argv[2]) if len(sys.argv) > 2 else 8)))
