"""
Values on their way between Python and the library: parameters, metrics, settings.
"""
from __future__ import annotations

import collections.abc
import ctypes
import struct
from typing import Any, Dict, List, Mapping, Sequence, Tuple, Union

from caviar import _library, errors
from caviar._library import Metric, Setting, Value

Parameters = Dict[str, Any]
Result = Union[float, Sequence[float], Mapping[str, float], None]

# An array of caviar_value is read in two passes, which is much faster than field by field.
_reals = struct.Struct("=i4xd")
_wholes = struct.Struct("=8xq")
assert _reals.size == _wholes.size == ctypes.sizeof(Value)


def read(names: Sequence[str], raw: bytes) -> Parameters:
    """The active parameters in an array of values."""
    found: Parameters = {}
    for name, (kind, real), (whole,) in zip(names, _reals.iter_unpack(raw),
                                            _wholes.iter_unpack(raw)):
        if kind == _library.KIND_REAL:
            found[name] = real
        elif kind == _library.KIND_INT:
            found[name] = whole
        elif kind == _library.KIND_TEXT:
            found[name] = ctypes.string_at(whole).decode()
        elif kind == _library.KIND_BOOL:
            found[name] = bool(whole & 0xff)
    return found


def value_of(given: Any) -> Value:
    """A value as the library takes it; NumPy's and PyTorch's scalars, too."""
    if hasattr(given, "item"):
        given = given.item()
    if isinstance(given, bool):
        return Value(kind=_library.KIND_BOOL, truth=given)
    if isinstance(given, int) and abs(given) < 1 << 63:
        return Value(kind=_library.KIND_INT, integer=given)
    if isinstance(given, (int, float)):
        return Value(kind=_library.KIND_REAL, real=given)
    if isinstance(given, str):
        return Value(kind=_library.KIND_TEXT, text=_library.text(given))
    raise errors.InvalidError(f"{given!r} is no value of a parameter: a number, a text, True or "
                              "False is expected")


def plain(value: Value) -> Any:
    """A value of the library's as one of Python's."""
    if value.kind == _library.KIND_REAL:
        return value.real
    if value.kind == _library.KIND_INT:
        return value.integer
    if value.kind == _library.KIND_TEXT:
        return value.text.decode()
    return value.truth if value.kind == _library.KIND_BOOL else None


def range_of(kind: str, name: str, low: float, high: float, step: float,
             scale: str) -> _library.Parameter:
    if scale not in _library.SCALES:
        raise errors.InvalidError(f"parameter {name!r}: a scale is one of "
                                  f"{', '.join(_library.SCALES)}, not {scale!r}")
    return _library.Parameter(name=_library.text(name), type=_library.TYPES.index(kind),
                              scale=_library.SCALES.index(scale), low=low, high=high, step=step)


def choices_of(kind: str, name: str, choices: Sequence[Any]) -> _library.Parameter:
    array = (Value * len(choices))(*[value_of(choice) for choice in choices])
    return _library.Parameter(name=_library.text(name), type=_library.TYPES.index(kind),
                              choices=array, choice_count=len(choices))


def settings(params: Mapping[str, Any]) -> "ctypes.Array[Setting]":
    return (Setting * len(params))(*[Setting(_library.text(name), value_of(given))
                                     for name, given in params.items()])


def metrics(values: Sequence[float], named: Mapping[str, float],
            order: Sequence[str]) -> Tuple["ctypes.Array[Metric]", int]:
    """Values in the order of the study's metrics, and others by name."""
    if len(values) > len(order):
        raise errors.InvalidError(f"the study has {len(order)} metrics, and {len(values)} values "
                                  "are given")
    pairs: List[Tuple[str, float]] = list(zip(order, values)) + list(named.items())
    array = (Metric * len(pairs))(*[Metric(_library.text(name), float(value))
                                    for name, value in pairs])
    return array, len(pairs)


def split(result: Result) -> Tuple[Sequence[float], Mapping[str, float]]:
    """What an objective returns, as values and named values."""
    if isinstance(result, float):
        return (result,), {}
    if result is None:
        return (), {}
    if isinstance(result, collections.abc.Mapping):
        return (), result
    if isinstance(result, (list, tuple)):
        return result, {}
    return (result,), {}  # type: ignore[return-value]
