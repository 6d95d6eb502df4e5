"""Refuse bad input with an error that names the argument, the rule and the offending entry."""

from __future__ import annotations

import numpy as np

#: Floating-point numbers beyond this skip whole numbers.
MOST = 2.0**53


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


def vector(name: str, values, *, finite: bool = True) -> np.ndarray:
    """Return `values` as a one-dimensional float array with at least one entry (no copy if it is).

    True and False count as 1 and 0.

    Raises
    ------
    TypeError
        If the entries are not real numbers.
    ValueError
        If the array is empty, has more than one dimension, or holds NaN or infinity.
    """
    array = real(name, values, bools=True)
    if array.ndim == 0:
        array = array.reshape(1)
    if array.ndim != 1:
        raise ValueError(f"{name}: one dimension is wanted; got shape {array.shape}")
    return all_finite(name, array) if finite else array


def all_finite(name: str, values) -> np.ndarray:
    """Return `values` (any shape) as finite floats, or raise."""
    array = real(name, values)
    bad = ~np.isfinite(array)
    if bad.any():
        raise ValueError(f"{name}: every entry must be finite; {_first(bad, array)}")
    return array


def counts(name: str, values) -> np.ndarray:
    """Return `values` as a float array of whole numbers from 0 to 2**53, or raise `ValueError`."""
    array = vector(name, values)
    if (array < 0).any():
        raise ValueError(f"{name}: counts must be >= 0; {_first(array < 0, array)}")
    broken = array != np.floor(array)
    if broken.any():
        raise ValueError(f"{name}: counts must be whole numbers; {_first(broken, array)}")
    if (array > MOST).any():
        raise ValueError(f"{name}: counts must be at most 2**53; {_first(array > MOST, array)}")
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


def log_density(name: str, values, like: np.ndarray) -> np.ndarray:
    """Return what a log density gave, like its argument in shape: some finite, the others -inf."""
    values = together(**{name: real(name, values), "its argument": like})[0]
    bad = np.isnan(values) | (values == np.inf)
    if bad.any():
        raise ValueError(f"{name}: must be finite or -inf everywhere; {_first(bad, values)}")
    if not np.isfinite(values).any():
        raise ValueError(f"{name}: it is -inf everywhere")
    return values


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
