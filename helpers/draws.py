"""What a sampler returns, and its table of numbers, Monte Carlo errors and diagnostics."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Draws:
    """What a sampler returns: `draws["alpha"]`, `draws["beta"]`, `draws["theta"]`."""

    alpha: np.ndarray  # shape (chains, draws)
    beta: np.ndarray  # shape (chains, draws)
    theta: np.ndarray  # every unit's rate, shape (chains, draws, J)
    acceptance: np.ndarray  # share of proposals accepted after warm-up, shape (2, chains)

    def __getitem__(self, name: str) -> np.ndarray:
        """Return draws by name: alpha, beta, theta, log_odds or log_size."""
        if name == "log_odds":
            return np.log(self.alpha) - np.log(self.beta)
        if name == "log_size":
            return np.log(self.alpha + self.beta)
        return {"alpha": self.alpha, "beta": self.beta, "theta": self.theta}[name]

    def summary(self, *names: str, theta=None):
        """Return a `summary_table` of these names, or of all; `theta` says which units' rates.

        Under `bda3_prior` the posterior means of alpha and beta are infinite: read quantiles.
        """
        columns = {}
        for name in names or ("alpha", "beta", "log_odds", "log_size", "theta"):
            if name == "theta":
                for j in range(self.theta.shape[2]) if theta is None else theta:
                    columns[f"theta[{j}]"] = self.theta[:, :, j]
            else:
                columns[name] = self[name]
        return summary_table(columns)


def summary_table(columns):
    """Return a table with one row per number, its Monte Carlo error and diagnostics.

    Parameters
    ----------
    columns : mapping of str to array, shape (chains, draws)

    Returns
    -------
    pandas.DataFrame
        Columns mean, sd, 2.5%, 50%, 97.5%, mcse (Monte Carlo standard error of the mean),
        ess_bulk, ess_tail (effective number of draws) and r_hat (rank-normalised, split): those
        of Vehtari et al. (2021), as `arviz-stats` computes them.
    """
    import pandas as pd
    from arviz_stats.base import array_stats

    x = np.stack(list(columns.values()))  # (rows, chains, draws)
    flat = x.reshape(len(x), -1)
    low, middle, high = np.quantile(flat, [0.025, 0.5, 0.975], axis=1)
    return pd.DataFrame(
        {
            "mean": flat.mean(axis=1),
            "sd": flat.std(axis=1, ddof=1),
            "2.5%": low,
            "50%": middle,
            "97.5%": high,
            "mcse": array_stats.mcse(x, method="mean"),
            "ess_bulk": array_stats.ess(x, method="bulk"),
            "ess_tail": array_stats.ess(x, method="tail", prob=(0.05, 0.95)),
            "r_hat": array_stats.rhat(x, method="rank"),
        },
        index=list(columns),
    )
