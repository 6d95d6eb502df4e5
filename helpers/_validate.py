"""Refuse bad input with an error that names the argument, the rule and the offending entry."""

from __future__ import annotations

import numpy as np


def _first(bad: np.ndarray, values: np.ndarray) -> str:
    """Say where the first offending entry stands and what it is."""
    where = int(np.flatnonzero(bad)[0])
    return f"entry {where} is {values.ravel()[where]}"


def vector(name: str, values, *, finite: bool = True) -> np.ndarray:
    """Return `values` as a one-dimensional float array with at least one entry (no copy if it is).

    Raises
    ------
    TypeError
        If the entries are not real numbers.
    ValueError
        If the array is empty, has more than one dimension, or holds NaN or infinity.
    """
    array = np.asarray(values)
    if array.dtype.kind not in "iufb":
        if array.dtype.kind == "O":  # pandas' missing values arrive as objects
            try:
                array = array.astype(float)
            except (TypeError, ValueError):
                raise TypeError(f"{name}: real numbers are wanted; got {values!r:.80}") from None
        else:
            raise TypeError(f"{name}: real numbers are wanted; got dtype {array.dtype}")
    if array.ndim == 0:
        array = array.reshape(1)
    if array.ndim != 1:
        raise ValueError(f"{name}: one dimension is wanted; got shape {array.shape}")
    if array.size == 0:
        raise ValueError(f"{name}: at least one entry is wanted; got none")
    array = array.astype(float, copy=False)
    if finite and not np.isfinite(array).all():
        raise ValueError(
            f"{name}: every entry must be finite; {_first(~np.isfinite(array), array)}"
        )
    return array


def counts(name: str, values) -> np.ndarray:
    """Return `values` as a float array of whole numbers >= 0, or raise `ValueError`."""
    array = vector(name, values)
    if (array < 0).any():
        raise ValueError(f"{name}: counts must be >= 0; {_first(array < 0, array)}")
    broken = array != np.floor(array)
    if broken.any():
        raise ValueError(f"{name}: counts must be whole numbers; {_first(broken, array)}")
    return array


def same_length(**arrays: np.ndarray) -> None:
    """Raise `ValueError` unless all arrays have the same length."""
    sizes = {name: len(array) for name, array in arrays.items()}
    if len(set(sizes.values())) > 1:
        told = ", ".join(f"{name} has {size}" for name, size in sizes.items())
        raise ValueError(f"{' and '.join(sizes)}: equal lengths are wanted; {told}")


def successes_and_trials(y, n) -> tuple[np.ndarray, np.ndarray]:
    """Return y and n as float arrays with 0 <= y <= n, one entry per unit.

    A unit with n = 0 is legal (it says nothing); all of them being 0 is not.
    """
    y, n = counts("y", y), counts("n", n)
    same_length(y=y, n=n)
    if (y > n).any():
        raise ValueError(
            f"y: successes cannot exceed trials n; {_first(y > n, y)}, n is {n[np.argmax(y > n)]}"
        )
    if not n.any():
        raise ValueError("n: at least one unit must have trials; every entry is 0")
    return y, n


def positive(name: str, values) -> np.ndarray:
    """Return `values` (any shape) as finite floats > 0, or raise `ValueError`."""
    array = np.asarray(values, dtype=float)
    bad = ~(np.isfinite(array) & (array > 0))
    if bad.any():
        raise ValueError(f"{name}: must be finite and > 0; {_first(bad.ravel(), array)}")
    return array


def whole(name: str, value, *, least: int) -> int:
    """Return `value` as an int >= `least`, or raise."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise TypeError(f"{name}: a whole number is wanted; got {value!r}")
    if value < least:
        raise ValueError(f"{name}: must be >= {least}; got {value}")
    return int(value)


def generator(rng) -> np.random.Generator:
    """Return `rng` if it is a `numpy.random.Generator`, or raise `TypeError`."""
    if not isinstance(rng, np.random.Generator):
        raise TypeError(
            "rng: a numpy.random.Generator is wanted, as np.random.default_rng(403) makes; "
            f"got {type(rng).__name__}"
        )
    return rng
