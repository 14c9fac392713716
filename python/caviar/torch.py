"""
What a trial that trains with PyTorch needs beside caviar.report: changes for an optimiser, and
checkpoints to go on from.

    checkpoints = Checkpoints(caviar.folder(), model=model, optimizer=optimizer)
    caviar.can("changes", "restore")
    step = checkpoints.load(caviar.first_step())
"""
from __future__ import annotations

import os
import re
from typing import Any, Dict, List, Mapping, Optional, Set

import torch

BETAS = {"beta1": 0, "beta2": 1}  # which of an optimiser's pair a parameter of that name is


def apply_changes(optimizer: torch.optim.Optimizer, changes: Mapping[str, Any]) -> Set[str]:
    """
    Puts changed parameters into all of an optimiser's groups: those that are named as an option of
    it (lr, weight_decay, momentum, …), and beta1 and beta2, which stand in its betas. Returns the
    names of those that it has.
    """
    taken: Set[str] = set()
    for group in optimizer.param_groups:
        for name, value in changes.items():
            if name in BETAS and "betas" in group:
                betas = list(group["betas"])
                betas[BETAS[name]] = value
                group["betas"] = tuple(betas)
            elif name in group and name != "params":
                group[name] = value
            else:
                continue
            taken.add(name)
    return taken


def random_states() -> Dict[str, Any]:
    states: Dict[str, Any] = {"cpu": torch.get_rng_state()}
    if torch.cuda.is_available():
        states["cuda"] = torch.cuda.get_rng_state_all()
    return states


def set_random_states(states: Mapping[str, Any]) -> None:
    torch.set_rng_state(states["cpu"])
    if "cuda" in states and torch.cuda.is_available():
        torch.cuda.set_rng_state_all(states["cuda"])


class Checkpoints:
    """
    What a training is made of (a model, its optimiser, a scheduler of the learning rate, whatever
    has a state_dict), step by step in a folder, with PyTorch's random numbers. The last `keep` are
    kept, or all for 0: `steps` is for report(…, checkpoints=…). Without a folder nothing is.
    """

    def __init__(self, folder: Optional[str], keep: int = 2, **parts: Any) -> None:
        self.folder, self.keep, self.parts = folder, keep, parts

    @property
    def steps(self) -> List[int]:
        """The steps that can be gone back to, in order."""
        names = os.listdir(self.folder) if self.folder else []
        found = (re.fullmatch(r"step-(\d+)\.pt", name) for name in names)
        return sorted(int(match.group(1)) for match in found if match)

    def path(self, step: int) -> str:
        if not self.folder:
            raise ValueError("there is no folder, and so there are no checkpoints")
        return os.path.join(self.folder, f"step-{step}.pt")

    def save(self, step: int) -> None:
        """Writes the checkpoint of a step, whole or not at all: before the step is reported."""
        if not self.folder:
            return
        state = {name: part.state_dict() for name, part in self.parts.items()}
        state["random"] = random_states()
        torch.save(state, self.path(step) + ".part")
        os.replace(self.path(step) + ".part", self.path(step))
        for later in [kept for kept in self.steps if kept > step]:
            os.remove(self.path(later))  # of a branch that was given up
        for old in self.steps[:-self.keep] if self.keep else []:
            os.remove(self.path(old))

    def load(self, step: int) -> int:
        """Goes back to the checkpoint of a step; of step 0 there is none. Returns the step."""
        if step > 0:
            state = torch.load(self.path(step))
            for name, part in self.parts.items():
                part.load_state_dict(state[name])
            set_random_states(state["random"])
        return step
