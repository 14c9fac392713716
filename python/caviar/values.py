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
