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
    refuse(name, "no entry may be masked", np.ma.getmaskarray(values), array)
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


# still called by modules that are not rewritten yet; each goes with its last caller


def _first(bad: np.ndarray, values: np.ndarray) -> str:
    """Say where the first offending entry stands and what it is."""
    where = int(np.flatnonzero(bad)[0])
    return f"entry {where} is {values.ravel()[where]}"


def real(name: str, values, *, bools: bool = False) -> np.ndarray:
    """Return `values` (any shape) as a float array (no copy if it is one).

    Raises
    ------
    TypeError
        If the entries are not real numbers: text is not read as a number, and True and False only
        where `bools` says so.
    ValueError
        If there is no entry, if rows differ in length, or if an entry is masked.
    """
    if np.ma.is_masked(values):
        raise ValueError(f"{name}: no entry may be masked; {_first(values.mask, values.data)}")
    try:
        array = np.asarray(values)
    except ValueError:
        raise ValueError(f"{name}: rows of equal length are wanted; got {values!r:.80}") from None
    if array.dtype.kind == "O":  # pandas' missing values arrive as objects
        try:
            if any(isinstance(entry, str | bytes) for entry in array.flat):
                raise TypeError
            array = array.astype(float)
        except (TypeError, ValueError, OverflowError):
            raise TypeError(f"{name}: real numbers are wanted; got {values!r:.80}") from None
    elif array.dtype.kind not in ("iufb" if bools else "iuf"):
        raise TypeError(f"{name}: real numbers are wanted; got dtype {array.dtype}")
    if array.size == 0:
        raise ValueError(f"{name}: at least one entry is wanted; got none")
    return array.astype(float, copy=False)


def all_finite(name: str, values) -> np.ndarray:
    """Return `values` (any shape) as finite floats, or raise."""
    array = real(name, values)
    bad = ~np.isfinite(array)
    if bad.any():
        raise ValueError(f"{name}: every entry must be finite; {_first(bad, array)}")
    return array


def together(**arrays: np.ndarray) -> list[np.ndarray]:
    """Return the arrays broadcast against each other, or raise `ValueError`."""
    try:
        return np.broadcast_arrays(*arrays.values())
    except ValueError:
        told = ", ".join(f"{name} has {np.shape(array)}" for name, array in arrays.items())
        names = " and ".join(arrays)
        raise ValueError(f"{names}: shapes that fit together are wanted; {told}") from None


def positive(name: str, values) -> np.ndarray:
    """Return `values` (any shape) as finite floats > 0, or raise."""
    array = real(name, values)
    bad = ~(np.isfinite(array) & (array > 0))
    if bad.any():
        raise ValueError(f"{name}: must be finite and > 0; {_first(bad, array)}")
    return array


def not_negative(name: str, values, *, finite: bool = True) -> np.ndarray:
    """Return `values` (any shape) as floats >= 0, finite ones unless told otherwise, or raise."""
    array = real(name, values)
    bad = ~(array >= 0) | (finite & np.isinf(array))
    if bad.any():
        rule = "finite and >= 0" if finite else ">= 0"
        raise ValueError(f"{name}: must be {rule}; {_first(bad, array)}")
    return array


def shares(name: str, values) -> np.ndarray:
    """Return `values` (any shape) as floats strictly between 0 and 1, or raise."""
    array = real(name, values)
    bad = ~((array > 0) & (array < 1))
    if bad.any():
        raise ValueError(f"{name}: must lie strictly between 0 and 1; {_first(bad, array)}")
    return array


def single(name: str, value, rule=all_finite) -> float:
    """Return one number as a float if it keeps `rule` (`positive`, `shares`, ...), or raise."""
    array = rule(name, value)
    if array.ndim:
        raise ValueError(f"{name}: a single number is wanted; got shape {array.shape}")
    return float(array)


def function(name: str, value):
    """Return `value` if it can be called, or raise `TypeError`."""
    if not callable(value):
        raise TypeError(f"{name}: a function is wanted; got {value!r:.80}")
    return value


def whole(name: str, value, *, least: int) -> int:
    """Return `value` as an int >= `least`, or raise."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise TypeError(f"{name}: a whole number is wanted; got {value!r}")
    if value < least:
        raise ValueError(f"{name}: must be >= {least}; got {value}")
    return int(value)
