"""Three doors: counts, lengths and labels, rng. Behind them nothing is checked a second time.

An error names the argument, the rule and the first offending entry.
"""

from __future__ import annotations

import numpy as np

#: Floating-point numbers beyond this skip whole numbers.
MOST = 2.0**53


def refuse(name: str, rule: str, bad: np.ndarray, values: np.ndarray) -> None:
    """Raise `ValueError` with the first entry where `bad` is true, if there is one."""
    if np.any(bad):
        where = int(np.flatnonzero(bad)[0])
        raise ValueError(f"{name}: {rule}; entry {where} is {np.ravel(values)[where]}")


def vector(name: str, values) -> np.ndarray:
    """Return `values` as a one-dimensional float array of finite entries, at least one."""
    try:
        array = np.asarray(values)
        text = array.dtype.kind == "O" and any(isinstance(v, str | bytes) for v in array.flat)
        if text or array.dtype.kind not in "iufbO":
            raise TypeError
        array = np.atleast_1d(array.astype(float, copy=False))
    except (TypeError, ValueError, OverflowError):
        raise TypeError(f"{name}: real numbers are wanted; got {values!r:.80}") from None
    if array.size == 0:
        raise ValueError(f"{name}: at least one entry is wanted; got none")
    if array.ndim != 1:
        raise ValueError(f"{name}: one dimension is wanted; got shape {array.shape}")
    refuse(name, "no entry may be masked", np.ma.getmask(values), array)
    refuse(name, "every entry must be finite", ~np.isfinite(array), array)
    return array


def counts(name: str, values) -> np.ndarray:
    """Return `values` as a float array of whole numbers from 0 to 2**53."""
    array = vector(name, values)
    refuse(name, "counts must be >= 0", array < 0, array)
    refuse(name, "counts must be whole numbers", array != np.floor(array), array)
    refuse(name, "counts must be at most 2**53", array > MOST, array)
    return array


def successes_and_trials(y, n) -> tuple[np.ndarray, np.ndarray]:
    """Return y and n with 0 <= y <= n, one entry per unit; n = 0 is legal, but not everywhere."""
    y, n = counts("y", y), counts("n", n)
    same_length(y=y, n=n)
    refuse("y", "successes cannot exceed trials n", y > n, y)
    if not n.any():
        raise ValueError("n: at least one unit must have trials; every entry is 0")
    return y, n


def same_length(**arrays) -> None:
    """Raise `ValueError` unless all arrays have the same length."""
    sizes = {name: len(array) for name, array in arrays.items()}
    if len(set(sizes.values())) > 1:
        told = ", ".join(f"{name} has {size}" for name, size in sizes.items())
        raise ValueError(f"{' and '.join(sizes)}: equal lengths are wanted; {told}")


def labels(group, rows: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Return the labels, sorted where they can be, and each row's position among them.

    Any hashable labels will do; a missing one is refused.
    """
    import pandas as pd

    if isinstance(group, str) or not np.iterable(group):
        raise TypeError(f"group: one label per row is wanted; got {group!r:.80}")
    if not isinstance(group, np.ndarray | pd.Series | pd.Index | pd.api.extensions.ExtensionArray):
        group = pd.Index(list(group), tupleize_cols=False)
    if rows is not None and len(group) != rows:
        raise ValueError(
            f"y and group: equal lengths are wanted; y has {rows}, group has {len(group)}"
        )
    try:
        codes, found = pd.factorize(group)
    except TypeError:
        raise TypeError("group: labels must be hashable; a list or a dict is none") from None
    if (codes < 0).any():
        raise ValueError(f"group: a label is missing at entry {int(np.argmax(codes < 0))}")
    found = np.asarray(found)
    try:
        order = np.argsort(found, kind="stable")
    except TypeError:  # labels of several kinds: as they come
        return found, codes
    rank = np.empty_like(order)
    rank[order] = np.arange(order.size)
    return found[order], rank[codes]


def generator(rng) -> np.random.Generator:
    """Return `rng` if it is a `numpy.random.Generator`, or raise `TypeError`."""
    if not isinstance(rng, np.random.Generator):
        raise TypeError(
            "rng: a numpy.random.Generator is wanted, as np.random.default_rng(403) makes; "
            f"got {type(rng).__name__}"
        )
    return rng
