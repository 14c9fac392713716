"""
Caviar tunes the hyperparameters of anything that runs.

This package is the trial's side: what a program needs that `caviar run` has started. It needs
nothing but the standard library. See caviar.trial.
"""
from caviar.trial import (Answer, Error, Trial, can, first_step, folder, infeasible, last_step,
                          params, report, seed, tell, trial)

__all__ = ["Answer", "Error", "Trial", "can", "first_step", "folder", "infeasible", "last_step",
           "params", "report", "seed", "tell", "trial"]
__version__ = "0.1.0"
