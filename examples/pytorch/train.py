#!/usr/bin/env python3
"""
A network in PyTorch that Caviar can end early, send on from a checkpoint, nudge, and roll back.

    caviar run -n 20 -j 2 --minimize loss --steps 9 --scheduler asha -- \\
        python3 examples/pytorch/train.py --lr '{lr: log 1e-4 1}' --momentum '{momentum: 0 0.95}' \\
            --seed '{seed}'

    caviar nudge 0 lr=x0.5         # in another terminal, while trial 0 trains

By hand it is a program like any other. With PYTHONPATH=python, if the package is not installed.
"""
import argparse

import torch

import caviar
from caviar.torch import Checkpoints, apply_changes


def parse():
    parser = argparse.ArgumentParser()
    parser.add_argument("--lr", type=float, default=0.1)
    parser.add_argument("--momentum", type=float, default=0.9)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--epochs", type=int, default=9)
    parser.add_argument("--keep", type=int, default=3, help="checkpoints to keep; 0: all")
    return parser.parse_args()


def make_data(count=512):
    """Points in the plane, and whether they lie in a ring: the same for every trial."""
    generator = torch.Generator().manual_seed(1)
    points = torch.rand(count, 2, generator=generator) * 4 - 2
    radius = points.norm(dim=1, keepdim=True)
    return points, ((radius > 0.7) & (radius < 1.5)).float()


def train_epoch(model, optimizer, points, labels):
    model.train()
    for batch in torch.randperm(len(points)).split(32):
        optimizer.zero_grad()
        loss = torch.nn.functional.binary_cross_entropy_with_logits(model(points[batch]),
                                                                    labels[batch])
        loss.backward()
        optimizer.step()


def loss_of(model, points, labels):
    model.eval()
    with torch.no_grad():
        return torch.nn.functional.binary_cross_entropy_with_logits(model(points), labels).item()


def main():
    options = parse()
    torch.manual_seed(options.seed)
    torch.set_num_threads(1)
    points, labels = make_data()
    model = torch.nn.Sequential(torch.nn.Linear(2, 16), torch.nn.Dropout(0.05), torch.nn.Tanh(),
                                torch.nn.Linear(16, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=options.lr, momentum=options.momentum)
    checkpoints = Checkpoints(caviar.folder(), options.keep, model=model, optimizer=optimizer)
    caviar.can("changes", *(["restore"] if caviar.folder() else []))
    step = checkpoints.load(caviar.first_step())
    apply_changes(optimizer, caviar.trial().changes_at(step))
    while step < (caviar.last_step() or options.epochs):
        train_epoch(model, optimizer, points[:384], labels[:384])
        step += 1
        checkpoints.save(step)  # before the report: changes come with its answer
        answer = caviar.report(step, loss=loss_of(model, points[384:], labels[384:]),
                               checkpoints=checkpoints.steps)
        if answer.restore is not None:
            step = checkpoints.load(answer.restore)
        apply_changes(optimizer, answer.changes)
        if answer.stop:
            break


if __name__ == "__main__":
    main()
