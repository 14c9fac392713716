"""
Caviar tunes the hyperparameters of anything that runs.

Two sides: a program that `caviar run` has started is a trial, and speaks with it by the functions
of caviar.trial, which need nothing but the standard library. A program that tunes its own function
makes a study, by create_study; that is the work of libcaviar, which is loaded when it is needed.
"""
from __future__ import annotations

from caviar.errors import (BusyError, CancelledError, CorruptError, DoneError, Error, ExistsError,
                           InfeasibleError, InternalError, InvalidError, LibraryError,
                           NoMemoryError, NotFoundError, StaleError, StateError, StoreError,
                           TrialPruned, VersionError)
from caviar.trial import (Answer, Trial, can, first_step, folder, infeasible, last_step, params,
                          report, seed, tell, trial)

TYPE_CHECKING = False  # the module typing takes longer to import than all of this
if TYPE_CHECKING:
    from typing import Any, List

    from caviar.space import Categorical, Constant, Float, Int, Ordinal, Parameter
    from caviar.study import Study, create_study, load_study
    from caviar.trials import StudyTrial, TrialRecord

# What is loaded when it is first used: the name and its module.
_LATER = {
    "Categorical": "space", "Constant": "space", "Float": "space", "Int": "space",
    "Ordinal": "space", "Parameter": "space",
    "Study": "study", "create_study": "study", "load_study": "study",
    "StudyTrial": "trials", "TrialRecord": "trials",
}

__all__ = ["Answer", "BusyError", "CancelledError", "Categorical", "Constant", "CorruptError",
           "DoneError", "Error", "ExistsError", "Float", "InfeasibleError", "Int", "InternalError",
           "InvalidError", "LibraryError", "NoMemoryError", "NotFoundError", "Ordinal",
           "Parameter", "StaleError", "StateError", "StoreError", "Study", "StudyTrial", "Trial",
           "TrialPruned", "TrialRecord", "VersionError", "can", "create_study", "first_step",
           "folder", "infeasible", "last_step", "load_study", "params", "report", "seed", "tell",
           "trial"]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module 'caviar' has no attribute {name!r}")
    from importlib import import_module
    value = getattr(import_module("caviar." + _LATER[name]), name)
    globals()[name] = value
    return value


def __dir__() -> List[str]:
    return sorted(set(globals()) | set(_LATER))
