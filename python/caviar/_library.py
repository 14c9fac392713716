"""
libcaviar: finding it, loading it, and what its functions take and return.

SIGNATURES is the one place that repeats include/caviar.h; a test holds it, and the structures,
against the header. The library is loaded when the first study is made. It is looked for where
CAVIAR_LIBRARY says, then beside this file, then by the system's loader.
"""
from __future__ import annotations

import ctypes
import os
import threading
from ctypes import POINTER, c_bool, c_char_p, c_double, c_int, c_int64, c_size_t, c_uint32, c_void_p
from typing import Any, Dict, List, NoReturn, Optional, Tuple

from caviar import errors

NAME = "libcaviar.so.1"

KIND_NONE, KIND_BOOL, KIND_INT, KIND_REAL, KIND_TEXT = range(5)
STATES = ("waiting", "running", "paused", "complete", "pruned", "failed")
REASONS = ("", "exit", "signal", "timeout", "not-finite", "infeasible", "no-metric", "lost")
VERDICTS = ("continue", "pause", "stop", "restore")
ABILITIES = {"changes": 1, "restore": 2}
TYPES = ("float", "int", "categorical", "ordinal", "constant")
SCALES = ("linear", "log", "reverse-log", "logit")


class _Content(ctypes.Union):
    _fields_ = [("truth", c_bool), ("integer", c_int64), ("real", c_double), ("text", c_char_p)]


class Value(ctypes.Structure):
    """caviar_value"""

    _anonymous_ = ("content",)
    _fields_ = [("kind", c_int), ("content", _Content)]


class Metric(ctypes.Structure):
    """caviar_metric"""

    _fields_ = [("name", c_char_p), ("value", c_double)]


class Objective(ctypes.Structure):
    """caviar_objective"""

    _fields_ = [("name", c_char_p), ("maximize", c_bool)]


class Setting(ctypes.Structure):
    """caviar_setting"""

    _fields_ = [("name", c_char_p), ("value", Value)]


class Parameter(ctypes.Structure):
    """caviar_parameter"""

    _fields_ = [
        ("name", c_char_p), ("type", c_int), ("scale", c_int), ("low", c_double),
        ("high", c_double), ("limit_low", c_double), ("limit_high", c_double), ("step", c_double),
        ("step_factor", c_double), ("specials", POINTER(c_double)), ("special_count", c_size_t),
        ("choices", POINTER(Value)), ("choice_count", c_size_t), ("initial", Value),
        ("prior", Value), ("confidence", c_int), ("tier", c_int), ("live", c_int),
        ("when", c_void_p), ("when_count", c_size_t),
    ]


class NudgeOptions(ctypes.Structure):
    """caviar_nudge_options"""

    _fields_ = [("author", c_char_p), ("note", c_char_p), ("force", c_bool)]


class StudyOptions(ctypes.Structure):
    """caviar_study_options"""

    _fields_ = [
        ("store", c_char_p), ("name", c_char_p), ("definition", c_char_p), ("space", c_void_p),
        ("objectives", POINTER(Objective)), ("objective_count", c_size_t), ("sampler", c_char_p),
        ("seed", ctypes.c_uint64), ("trial_budget", c_int64), ("retry", c_int),
        ("lease_ms", c_int64), ("durability_normal", c_bool), ("scheduler", c_char_p),
        ("step_min", c_int64), ("step_max", c_int64), ("parallel", c_int64),
        ("grows", c_bool), ("from", POINTER(c_char_p)), ("from_count", c_size_t),
        ("replicates", c_int),
    ]


class Contender(ctypes.Structure):
    """caviar_contender"""

    _fields_ = [
        ("number", c_int64), ("run_count", c_int64), ("mean", c_double), ("low", c_double),
        ("high", c_double), ("chance", c_double),
    ]


STRUCTURES = {
    "caviar_value": Value, "caviar_metric": Metric, "caviar_objective": Objective,
    "caviar_setting": Setting, "caviar_parameter": Parameter, "caviar_nudge_options": NudgeOptions,
    "caviar_study_options": StudyOptions, "caviar_contender": Contender,
}

_handle = c_void_p  # of a space, a study, a trial
_ret_handle = POINTER(c_void_p)

# What a function returns, and what it takes.
SIGNATURES: Dict[str, Tuple[Any, List[Any]]] = {
    "caviar_version": (c_char_p, []),
    "caviar_code_name": (c_char_p, [c_int]),
    "caviar_space_new": (_handle, []),
    "caviar_space_free": (None, [_handle]),
    "caviar_space_message": (c_char_p, [_handle]),
    "caviar_space_define": (c_int, [_handle, c_char_p, c_char_p]),
    "caviar_space_constrain": (c_int, [_handle, c_char_p]),
    "caviar_study_open": (c_int, [POINTER(StudyOptions), _ret_handle]),
    "caviar_study_close": (None, [_handle]),
    "caviar_study_message": (c_char_p, [_handle]),
    "caviar_study_definition": (c_char_p, [_handle]),
    "caviar_study_ask": (c_int, [_handle, _ret_handle]),
    "caviar_study_enqueue": (c_int, [_handle, POINTER(Setting), c_size_t, POINTER(c_int64)]),
    "caviar_study_add": (c_int, [_handle, POINTER(Setting), c_size_t, POINTER(c_double), c_size_t,
                                 POINTER(c_int64)]),
    "caviar_study_trial_count": (c_int64, [_handle]),
    "caviar_study_trial": (c_int, [_handle, c_int64, _ret_handle]),
    "caviar_study_best": (c_int, [_handle, _ret_handle]),
    "caviar_study_contenders": (c_int, [_handle, POINTER(Contender), c_size_t,
                                        POINTER(c_size_t)]),
    "caviar_study_confirm": (c_int, [_handle, c_size_t, c_size_t]),
    "caviar_study_front": (c_int, [_handle, POINTER(c_int64), c_size_t, POINTER(c_size_t)]),
    "caviar_study_nudge": (c_int, [_handle, c_int64, POINTER(Setting), c_size_t,
                                   POINTER(NudgeOptions)]),
    "caviar_study_rollback": (c_int, [_handle, c_int64, c_int64, POINTER(NudgeOptions)]),
    "caviar_trial_number": (c_int64, [_handle]),
    "caviar_trial_state": (c_int, [_handle]),
    "caviar_trial_reason": (c_int, [_handle]),
    "caviar_trial_value": (c_double, [_handle, c_size_t]),
    "caviar_trial_message": (c_char_p, [_handle]),
    "caviar_trial_name": (c_char_p, [_handle, c_size_t]),
    "caviar_trial_values": (c_size_t, [_handle, c_void_p, c_size_t]),
    "caviar_trial_suggest": (c_int, [_handle, POINTER(Parameter), c_void_p]),
    "caviar_trial_seed": (c_uint32, [_handle]),
    "caviar_trial_first_step": (c_int64, [_handle]),
    "caviar_trial_last_step": (c_int64, [_handle]),
    "caviar_trial_report": (c_int, [_handle, c_int64, POINTER(Metric), c_size_t, POINTER(c_int)]),
    "caviar_trial_can": (c_int, [_handle, ctypes.c_uint]),
    "caviar_trial_keeps": (c_int, [_handle, POINTER(c_int64), c_size_t]),
    "caviar_trial_change_count": (c_size_t, [_handle]),
    "caviar_trial_change_name": (c_char_p, [_handle, c_size_t]),
    "caviar_trial_restore_step": (c_int64, [_handle]),
    "caviar_trial_tell": (c_int, [_handle, POINTER(Metric), c_size_t]),
    "caviar_trial_tell_value": (c_int, [_handle, c_double]),
    "caviar_trial_prune": (c_int, [_handle]),
    "caviar_trial_fail": (c_int, [_handle, c_int, c_char_p]),
    "caviar_trial_free": (None, [_handle]),
}

_fork_count = 0


def forks() -> int:
    """How many forks lie between the first process and this one: handles are of one process."""
    return _fork_count


def _count_fork() -> None:
    global _fork_count
    _fork_count += 1


os.register_at_fork(after_in_child=_count_fork)

_loaded: Optional[ctypes.CDLL] = None
_lock = threading.Lock()


def _places() -> List[str]:
    named = os.environ.get("CAVIAR_LIBRARY")
    if named:
        return [named]
    beside = os.path.join(os.path.dirname(os.path.abspath(__file__)), NAME)
    return [beside, NAME] if os.path.exists(beside) else [NAME]


def _find() -> ctypes.CDLL:
    place = _places()[0]
    try:
        return ctypes.CDLL(place)
    except OSError as problem:
        raise errors.LibraryError(
            f"{place} cannot be loaded ({problem}); install the package libcaviar1, or let the "
            "environment variable CAVIAR_LIBRARY name the library's file") from problem


def _declare(library: ctypes.CDLL) -> None:
    for name, (result, arguments) in SIGNATURES.items():
        try:
            function = getattr(library, name)
        except AttributeError as problem:
            raise errors.LibraryError(
                f"{library._name} has no {name}: it is of another version than this package; "
                "install both from one release") from problem
        function.restype = result
        function.argtypes = arguments


def load() -> ctypes.CDLL:
    """The library, with all signatures declared."""
    global _loaded
    with _lock:
        if _loaded is None:
            library = _find()
            _declare(library)
            _loaded = library
        return _loaded


def fail(library: ctypes.CDLL, code: int, message: Optional[bytes]) -> NoReturn:
    """Raises the exception of a code that a function has returned."""
    word = library.caviar_code_name(code).decode()
    raise errors.error((message or b"").decode(errors="replace") or word, word)


def text(value: str) -> bytes:
    """A text as the library takes it."""
    if "\0" in value:
        raise errors.InvalidError(f"{value!r} has a NUL in it, which no text of Caviar's has")
    return value.encode()
