"""
Parameters of a search space, in the words of a study file.

A space is a dict. What stands behind a name may be written in any of these ways, which all mean
the same:

    {"lr": caviar.Float(1e-5, 1, scale="log")}
    {"lr": {"type": "float", "low": 1e-5, "high": 1, "scale": "log"}}
    {"lr": "log 1e-5 1"}

A list is a categorical parameter, a number or a truth value a constant one. A parent stands before
the parameters whose `when` names it.
"""
from __future__ import annotations

import ctypes
import json
from typing import Any, Dict, Iterable, Mapping, Sequence, Union

from caviar import _library, errors

Choice = Union[str, int, float, bool]
Definition = Union[str, Mapping[str, Any], Sequence[Choice], int, float]
Space = Mapping[str, Definition]


class Parameter(Dict[str, Any]):
    """A parameter's definition. Further keys are those of a study file: default, tier, when, …"""

    def __init__(self, kind: str, **keys: Any) -> None:
        super().__init__({"type": kind, **{key: keys[key] for key in keys
                                           if keys[key] is not None}})


class Float(Parameter):
    """A real number in a range; `scale` is linear, log, reverse-log or logit."""

    def __init__(self, low: float, high: float, *, scale: str = "linear", **keys: Any) -> None:
        super().__init__("float", low=low, high=high, scale=scale, **keys)


class Int(Parameter):
    """A whole number in a range; with step=4 every fourth, with step="x2" powers of two."""

    def __init__(self, low: int, high: int, *, scale: str = "linear", **keys: Any) -> None:
        super().__init__("int", low=low, high=high, scale=scale, **keys)


class Categorical(Parameter):
    """One of some values that have no order."""

    def __init__(self, choices: Iterable[Choice], **keys: Any) -> None:
        super().__init__("categorical", choices=list(choices), **keys)


class Ordinal(Parameter):
    """One of some values, from least to greatest."""

    def __init__(self, choices: Iterable[Choice], **keys: Any) -> None:
        super().__init__("ordinal", choices=list(choices), **keys)


class Constant(Parameter):
    """One value, never varied, which trials have among their parameters."""

    def __init__(self, value: Choice) -> None:
        super().__init__("constant", value=value)


def plain(value: Any) -> Any:
    """A value as JSON has it; those of NumPy and PyTorch become Python's own."""
    if hasattr(value, "item"):
        return value.item()
    raise errors.InvalidError(f"{value!r} cannot be part of a parameter's definition: a number, a "
                              "text, True or False is expected")


def words(value: Any) -> str:
    """Words for the library: a text as it is, everything else as JSON, which study files take."""
    return value if isinstance(value, str) else json.dumps(value, default=plain, allow_nan=False)


def definition_words(definition: Definition) -> str:
    if isinstance(definition, (str, Mapping)):
        return words(definition if isinstance(definition, str) else dict(definition))
    if isinstance(definition, Sequence):
        return words(list(definition))
    return words(Constant(definition))


class NativeSpace:
    """A caviar_space, for as long as a study is being made from it."""

    def __init__(self, space: Space, constraints: Iterable[str]) -> None:
        self.library = _library.load()
        self.handle = ctypes.c_void_p(self.library.caviar_space_new())
        if not self.handle:
            raise errors.NoMemoryError("out of memory")
        for name, definition in space.items():
            self.check(self.library.caviar_space_define(
                self.handle, _library.text(name), _library.text(definition_words(definition))))
        for constraint in constraints:
            self.check(self.library.caviar_space_constrain(self.handle, _library.text(constraint)))

    def check(self, code: int) -> None:
        if code:
            _library.fail(self.library, code, self.library.caviar_space_message(self.handle))

    def __del__(self) -> None:
        if getattr(self, "handle", None):
            self.library.caviar_space_free(self.handle)
