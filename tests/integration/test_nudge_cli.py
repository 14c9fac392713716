#!/usr/bin/env python3
"""
test_nudge_cli.py: caviar nudge, from another process than the one that runs the trial, whatever
the trial is written in.
"""
import json
import os

import panda

# A trial of so many steps that waits at each one for the file STEP in its folder.
SHELL_TRIAL = """#!/bin/sh
lr=$1 step=1
while [ $step -le 4 ]; do
    until [ -e "$CAVIAR_DIR/$step" ]; do sleep 0.02; done
    answer=$(caviar report --can changes --step $step loss=$lr) || exit 0
    echo "answer $step: $(echo "$answer" | tr '\\n' ' ')"
    case $answer in lr=*) lr=${answer#lr=} ;; esac
    step=$((step + 1))
done
"""

PYTHON_TRIAL = """
import os, time, caviar
caviar.can("changes")
for step in range(1, 5):
    while not os.path.exists(f"{caviar.folder()}/{step}"):
        time.sleep(0.02)
    answer = caviar.report(step, loss=caviar.params()["lr"])
    print(f"answer {step}: {answer.verdict} {answer.changes}", flush=True)
"""

STUDY = """
study: gated
command: {command}
metric: loss
budget: {{trials: 1}}
seed: 1
space:
  lr: {{type: float, scale: log, low: 1e-4, high: 1}}
  momentum: {{type: float, low: 0, high: 0.99}}
"""


def start(place, command):
    place.write("study.yaml", STUDY.format(command=command))
    return place.start("run", "study.yaml", "-q")


def let_go(place, step):
    """Lets the trial make a step, and waits for its report."""
    path = os.path.join(place.folder, "caviar.trials/gated/0", str(step))
    panda.wait_until(lambda: os.path.isdir(os.path.dirname(path)), "the trial's folder")
    with open(path, "w", encoding="utf-8"):
        pass
    place.wait_for_step(0, step)


def nudge_between(place, run):
    """Nudges behind step 1, and lets the trial end; returns what is shown of it."""
    let_go(place, 1)
    place.caviar("nudge", 0, "lr=0.25", "momentum=x0.5", "--note", "a test")
    for step in (2, 3, 4):
        let_go(place, step)
    assert run.wait(panda.PATIENCE) == 0
    return place.show(0)


def check_course(shown):
    values = panda.curve(shown, "loss")
    assert values[1] == values[2] == shown["trial"]["config"]["lr"], values
    assert values[3] == values[4] == 0.25, values
    nudge, = shown["nudges"]
    assert nudge["state"] == "active" and nudge["step"] == 2 and nudge["note"] == "a test", nudge
    assert nudge["author"] and nudge["created"] and nudge["delivered"], nudge
    half = shown["trial"]["config"]["momentum"] / 2
    assert nudge["changes"]["lr"] == 0.25
    assert abs(nudge["changes"]["momentum"] - half) < 1e-9, nudge


def test_shell(place):
    """a shell script gets a nudge with the answer to its next report"""
    place.write("trial.sh", SHELL_TRIAL)
    shown = nudge_between(place, start(place, "sh trial.sh {lr}"))
    check_course(shown)
    assert "answer 2: lr=0.25 momentum=" in shown["output"], shown["output"]
    assert "answer 3: continue" in shown["output"], shown["output"]


def test_python(place):
    """a Python program gets a nudge with the answer to its next report"""
    place.write("trial.py", PYTHON_TRIAL)
    shown = nudge_between(place, start(place, "python3 trial.py"))
    check_course(shown)
    assert "answer 2: continue {'lr': 0.25, 'momentum': " in shown["output"], shown["output"]
    assert "answer 3: continue {}" in shown["output"], shown["output"]


def test_answers(place):
    """what cannot be nudged is answered with the reason, and what was taken in words or JSON"""
    place.write("trial.sh", SHELL_TRIAL)
    run = start(place, "sh trial.sh {lr}")
    let_go(place, 1)
    assert "lies outside of 0.0001 to 1" in place.caviar("nudge", 0, "lr=7", status=1)
    assert "there is no parameter 'what'" in place.caviar("nudge", 0, "what=7", status=1)
    assert "NAME=VALUE is expected" in place.caviar("nudge", 0, "lr", status=1)
    assert "changed twice" in place.caviar("nudge", 0, "lr=0.1", "lr=0.2", status=1)
    assert "no trial 7" in place.caviar("nudge", 7, "lr=0.1", status=1)
    place.caviar("nudge", 0, status=2)
    answer = json.loads(place.caviar("nudge", 0, "lr=7", "--force", "--json"))
    assert answer == {"id": 0, "changes": {"lr": 7}, "step": 1}, answer
    words = place.caviar("nudge", 0, "lr=x0.01")
    assert words.startswith("trial 0: lr 7 -> 0.07, at its next report (the last one was of step "
                            "1)\n"), words
    for step in (2, 3, 4):
        let_go(place, step)
    assert run.wait(panda.PATIENCE) == 0
    assert "trial 0 is complete" in place.caviar("nudge", 0, "lr=0.1", status=1)
    shown = place.caviar("show", 0)
    assert "Changed while it ran:" in shown and "step 2     lr=7" in shown, shown


def test_printing(place):
    """a program that only prints is not nudged, and runs on undisturbed"""
    place.write("trial.sh", SHELL_TRIAL.replace("answer=$(caviar report --can changes --step $step "
                                                "loss=$lr) || exit 0",
                                                'echo "caviar: step=$step loss=$lr"'))
    run = start(place, "sh trial.sh {lr}")
    let_go(place, 1)
    assert "reports by printing" in place.caviar("nudge", 0, "lr=0.1", status=1)
    for step in (2, 3, 4):
        let_go(place, step)
    assert run.wait(panda.PATIENCE) == 0


def test_trainer(place):
    """caviar-train takes a nudge at its next mini-batch, of everything that may change"""
    place.images()
    place.write("study.yaml", """
study: train
command: caviar-train --data {data} --epochs 400 --units 64 --optimizer adam --batch 16 --l2 {l2}
         --lr {lr} --beta1 {beta1} --dropout {dropout} --decay exponential --decay-rate {decay-rate}
         --units {units} --threads 1 --checkpoint none
metric: val_error
budget: {trials: 1}
seed: 1
space:
  lr: {type: float, low: 0, high: 1}
  beta1: {type: float, low: 0, high: 0.999}
  l2: {type: float, low: 0, high: 1}
  dropout: {type: float, low: 0, high: 0.9}
  decay-rate: {type: float, low: 0.5, high: 1}
  units: {type: int, low: 8, high: 64}
""")
    run = place.start("run", "study.yaml", "-q", "--set", f"data={place.folder}")
    place.wait_for_step(0, 2)
    with panda.Still(place, 0):
        place.caviar("nudge", 0, "lr=0.001", "beta1=0.8", "l2=0.01", "dropout=0.2",
                     "decay-rate=0.9", "units=32")
    panda.wait_until(lambda: place.query("SELECT state FROM nudges") == "active", "the delivery")
    assert run.wait(panda.PATIENCE) == 0
    output = place.show(0)["output"]
    log = os.path.join(place.folder, "caviar.trials/train/0/output.log")
    with open(log, encoding="utf-8") as file:
        output = file.read()
    for line in ("lr is now 0.001", "beta1 is now 0.8", "l2 is now 0.01", "dropout is now 0.2",
                 "decay-rate is now 0.9"):
        assert f"caviar-train: {line}\n" in output, output
    assert "warning: units cannot change while the network trains" in output, output


def test_example(place):
    """the example in Python is nudged, rolled back, forked and replayed"""
    example = os.path.join(os.environ["CAVIAR_SOURCE"], "examples/python/train.py")
    run = place.start("run", "-n", "1", "-q", "--minimize", "loss", "--steps", "400", "--seed", "1",
                      "--study", "py", "--", "python3", example, "--lr", "{lr: log 1e-4 0.02}",
                      "--pause", "0.005")
    place.wait_for_step(0, 2)
    with panda.Still(place, 0):
        place.caviar("nudge", 0, "lr=0.011")
    panda.wait_until(lambda: place.query("SELECT state FROM nudges") == "active", "the nudge")
    with panda.Still(place, 0):
        place.caviar("rollback", 0)
    panda.wait_until(lambda: place.query("SELECT count(*) FROM nudges WHERE state <> 'waiting'")
                     == 2, "the rollback")
    assert run.wait(panda.PATIENCE) == 0
    shown = place.show(0)
    lr, weight = shown["trial"]["config"]["lr"], 5.0
    for point in shown["curve"]:  # gradient descent as if nothing had been
        weight -= lr * 2 * (weight - 1)
        assert point["loss"] == (weight - 1) ** 2, point
    assert len(shown["curve"]) == 400 and shown["given_up"]
    fork = json.loads(place.caviar("fork", 0, "lr=0.0125", "--from", 390, "--json"))["id"]
    again = json.loads(place.caviar("replay", fork, "--json"))["id"]
    place.caviar("resume", "-q")
    forked, whole = place.show(fork)["curve"], place.show(again)["curve"]
    assert forked[0]["step"] == 391 and forked == whole[390:]
    assert whole[:390] == shown["curve"][:390] and forked != shown["curve"][390:]


if __name__ == "__main__":
    panda.main([test_shell, test_python, test_answers, test_printing, test_trainer, test_example])
