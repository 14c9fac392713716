#!/usr/bin/env python3
"""
test_nurse_cli.py: caviar rollback, fork and replay with the real caviar-train, whose courses can be
compared to the last bit; and with programs that cannot go back.
"""
import json
import os

import panda

EPOCHS = 120

STUDY = f"""
study: train
command: caviar-train --data {{data}} --epochs {{steps}} --units 48 --optimizer momentum --batch 16
         --lr {{lr}} --momentum {{momentum}} --threads 1 --seed {{seed}} --dropout 0.1
         --checkpoint-keep {EPOCHS}
metric: val_loss
steps: {EPOCHS}
budget: {{trials: 1}}
seed: 5
space:
  lr: {{type: float, scale: log, low: 1e-5, high: 1, default: 0.003}}
  momentum: {{type: float, low: 0, high: 0.99, default: 0.9}}
"""


def prepare(place):
    place.images(4000)  # so that a trial runs long enough to be met
    place.write("study.yaml", STUDY)


def run(place):
    return place.start("run", "study.yaml", "-q", "--set", f"data={place.folder}")


def still_at(place, number, step):
    place.wait_for_step(number, step)
    return panda.Still(place, number)


def delivered(place, count):
    panda.wait_until(lambda: place.query("SELECT count(*) FROM nudges WHERE state <> 'waiting' AND "
                                         "step >= 0") == count, f"{count} deliveries")


def go_on(place):
    """Runs what waits to its end."""
    place.caviar("resume", "-q")


def reference(place, number):
    """The curve of a trial that is never touched, with the parameters and the seed of another."""
    place.write("plain.yaml", "schedule: {}\n")
    answer = json.loads(place.caviar("replay", number, "--schedule", "plain.yaml", "--json"))
    go_on(place)
    return panda.curve(place.show(answer["id"]), "val_loss")


def test_rollback(place):
    """a rollback takes a nudge back as if it had not been, to the last bit"""
    prepare(place)
    running = run(place)
    with still_at(place, 0, 3):
        place.caviar("nudge", 0, "lr=0.5", "--note", "brave")
    delivered(place, 1)
    with still_at(place, 0, place.step(0) + 3):
        answer = json.loads(place.caviar("rollback", 0, "--json"))
    assert running.wait(panda.PATIENCE) == 0
    shown = place.show(0)
    nudge, back = sorted(shown["nudges"], key=lambda entry: entry["id"])
    assert nudge["state"] == "undone" and nudge["step"] == answer["to"], shown["nudges"]
    assert back["kind"] == "rollback" and back["state"] == "active", shown["nudges"]
    curve = panda.curve(shown, "val_loss")
    assert sorted(curve) == list(range(1, EPOCHS + 1))
    assert curve == reference(place, 0)
    branch, = shown["given_up"]
    assert branch[0]["step"] == nudge["step"] + 1 and branch[-1]["step"] == back["step"], branch
    assert branch[0]["val_loss"] != curve[branch[0]["step"]]
    assert "given up: steps" in place.caviar("show", 0)


def test_pause(place):
    """a paused trial is left alone until it is resumed, and then goes on to the last bit"""
    prepare(place)
    running = place.start("run", "study.yaml", "--set", f"data={place.folder}")
    with still_at(place, 0, 3):
        said = place.caviar("pause", "--trial", 0, "--note", "later")
    assert said.startswith("trial 0: pauses at its next report (the last one was of step "), said
    output, _ = running.communicate(timeout=panda.PATIENCE)
    assert running.returncode == 0, output
    pause, = place.show(0)["nudges"]
    assert (pause["kind"], pause["state"], pause["note"]) == ("pause", "active", "later"), pause
    line = f"trial 0 is paused at step {pause['step']}: 'caviar resume train --trial 0' lets it"
    assert line in output, output
    assert "PAUSED" in place.caviar("studies")
    go_on(place)
    trial = place.show(0)["trial"]
    assert trial["state"] == "paused" and trial["step"] == pause["step"] < EPOCHS, trial
    assert "paused already" in place.caviar("pause", "--trial", 0, status=1)
    said = place.caviar("resume", "train", "--trial", 0)
    assert said == f"trial 0: goes on from step {pause['step']}, before anything new\n", said
    go_on(place)
    shown = place.show(0)
    assert shown["trial"]["state"] == "complete"
    assert "PAUSED" not in place.caviar("studies")
    assert [each["kind"] for each in shown["nudges"]] == ["pause", "resume"], shown["nudges"]
    assert panda.curve(shown, "val_loss") == reference(place, 0)
    assert "is complete" in place.caviar("pause", "--trial", 0, status=1)
    assert "is complete" in place.caviar("stop", "--trial", 0, status=1)
    for flags in (["pause", "--note", "x"], ["stop", "--now", "--trial", 0]):
        assert "--trial" in place.caviar(*flags, status=2)


def test_stop(place):
    """a trial is stopped by its number, and what it has reported is kept"""
    prepare(place)
    running = run(place)
    with still_at(place, 0, 3):
        answer = json.loads(place.caviar("stop", "--trial", 0, "--json"))
    assert answer["id"] == 0 and answer["wish"] == "stop" and answer["step"] >= 3, answer
    assert running.wait(panda.PATIENCE) == 0
    shown = place.show(0)
    assert shown["trial"]["state"] == "pruned", shown["trial"]
    assert len(shown["curve"]) == shown["trial"]["step"] >= answer["step"]


def test_replay(place):
    """the replay of a nudged trial comes out the same to the last bit, as does its schedule's"""
    prepare(place)
    running = run(place)
    with still_at(place, 0, 2):
        place.caviar("nudge", 0, "lr=x3")
    delivered(place, 1)
    with still_at(place, 0, place.step(0) + 2):
        place.caviar("nudge", 0, "momentum=0.5", "lr=x0.1")
    assert running.wait(panda.PATIENCE) == 0
    shown = place.show(0)
    place.write("plan.yaml", place.caviar("show", 0, "--schedule"))
    first = json.loads(place.caviar("replay", 0, "--json"))["id"]
    second = json.loads(place.caviar("replay", 0, "--schedule", "plan.yaml", "--json"))["id"]
    third = json.loads(place.caviar("replay", 0, "--own-seed", "--json"))["id"]
    go_on(place)
    again = place.show(first)
    assert again["curve"] == shown["curve"]
    assert place.show(second)["curve"] == shown["curve"]
    assert place.show(third)["curve"] != shown["curve"]
    assert again["parent"] == 0 and again["parent_step"] == -1
    assert [(n["step"], n["changes"], n["state"]) for n in again["nudges"]] == \
        [(n["step"], n["changes"], n["state"]) for n in shown["nudges"]]
    assert place.caviar("show", first, "--schedule") == place.caviar("show", 0, "--schedule")
    assert panda.curve(shown, "val_loss") != reference(place, 0)


def test_fork(place):
    """a fork goes on from a checkpoint as its parent did, but for its changes"""
    prepare(place)
    running = run(place)
    with still_at(place, 0, 2):
        place.caviar("nudge", 0, "lr=x2")
    assert running.wait(panda.PATIENCE) == 0
    step = place.show(0)["nudges"][0]["step"] + 5
    same = json.loads(place.caviar("fork", 0, "--from", step, "--json"))
    other = json.loads(place.caviar("fork", 0, "lr=x0.1", "--from", step, "--json"))
    assert same == {"id": 1, "parent": 0, "from": step}, same
    go_on(place)
    parent = panda.curve(place.show(0), "val_loss")
    curve = panda.curve(place.show(1), "val_loss")
    assert sorted(curve) == list(range(step + 1, EPOCHS + 1))
    assert all(curve[at] == parent[at] for at in curve)
    changed = place.show(other["id"])
    assert all(panda.curve(changed, "val_loss")[at] != parent[at] for at in (step + 1, EPOCHS))
    assert changed["parent"] == 0 and changed["parent_step"] == step
    # from the beginning to its end, the fork's own schedule gives the same course
    again = json.loads(place.caviar("replay", other["id"], "--json"))["id"]
    go_on(place)
    whole = panda.curve(place.show(again), "val_loss")
    assert all(whole[at] == parent[at] for at in range(1, step + 1))
    assert all(whole[at] == value for at, value in panda.curve(changed, "val_loss").items())
    left = [name for name in os.listdir(os.path.join(place.folder, "caviar.trials/train"))
            if not name.isdigit()]
    assert left == [], left


def test_refusals(place):
    """what cannot be gone back to is said, and the trial goes on undisturbed"""
    prepare(place)
    place.write("study.yaml", STUDY.replace(f"--checkpoint-keep {EPOCHS}", "--checkpoint-keep 2"))
    running = run(place)
    with still_at(place, 0, 6):
        assert "no nudge to take back" in place.caviar("rollback", 0, status=1)
        assert "no checkpoint of step 1" in place.caviar("rollback", 0, "--to", 1, status=1)
        assert "no checkpoint of step 1" in place.caviar("fork", 0, "--from", 1, status=1)
        assert "no trial 8" in place.caviar("rollback", 8, status=1)
        assert "no trial 8" in place.caviar("fork", 8, status=1)
        assert "no trial 8" in place.caviar("replay", 8, status=1)
    assert running.wait(panda.PATIENCE) == 0
    shown = place.show(0)
    assert shown["trial"]["state"] == "complete" and shown["nudges"] == []
    assert "is complete" in place.caviar("rollback", 0, "--to", EPOCHS, status=1)
    assert "nothing would be left" in place.caviar("fork", 0, status=1)
    place.write("bad.yaml", "schedule: {5: {lr: 7}}\n")
    assert "lies outside" in place.caviar("replay", 0, "--schedule", "bad.yaml", status=1)
    place.write("bad.yaml", "schedule: {5: {rate: 7}}\n")
    message = place.caviar("replay", 0, "--schedule", "bad.yaml", status=1)
    assert "bad.yaml:1:16: " in message and "no parameter 'rate'" in message, message
    place.write("bad.yaml", "schedule: {soon: {lr: 0.1}}\n")
    assert "a step is expected" in place.caviar("replay", 0, "--schedule", "bad.yaml", status=1)


def test_no_restore(place):
    """a program that has not said that it can restore is not asked to"""
    place.write("trial.sh", """#!/bin/sh
caviar report --step 1 loss=1
until [ -e "$CAVIAR_DIR/go" ]; do sleep 0.02; done
caviar report --step 2 loss=1
""")
    place.write("study.yaml", STUDY.replace("val_loss", "loss").replace(
        STUDY[STUDY.index("command:"):STUDY.index("metric:")], "command: sh trial.sh\n"))
    running = place.start("run", "study.yaml", "-q")
    place.wait_for_step(0, 1)
    for verb in ("rollback", "fork"):
        to = "--to" if verb == "rollback" else "--from"
        assert "has not said that it can restore" in place.caviar(verb, 0, to, 1, status=1)
    place.write("caviar.trials/train/0/go", "")
    assert running.wait(panda.PATIENCE) == 0
    assert place.show(0)["trial"]["state"] == "complete"


def test_advise(place):
    """what a curve says is said in words, in JSON and in the live view"""
    place.write("trial.sh", """#!/bin/sh
for step in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    echo "caviar: step=$step loss=$((100 - 4 * step))"
done
""")
    place.write("study.yaml", "study: even\ncommand: sh trial.sh\nmetric: loss\nseed: 1\n"
                "budget: {trials: 1}\nspace: {lr: {type: float, low: 0, high: 1}}\n")
    place.caviar("run", "study.yaml", "-q")
    finding, = json.loads(place.caviar("advise", 0, "--json"))
    assert finding["trial"] == 0 and finding["finding"] == "still falling at the end", finding
    assert "in its last 5 steps it gained 20" in finding["evidence"], finding
    assert "trial 0: still falling at the end\n" in place.caviar("advise")
    place.caviar("run", "study.yaml", "-q", "-n", "3")
    assert "trials 0, 1, 2: still falling at the end\n  trial 0: in its" in place.caviar("advise")
    assert "still falling at the end: in its last" in place.caviar("watch", 0, "--once")
    assert "no trial 9" in place.caviar("advise", 9, status=1)


if __name__ == "__main__":
    panda.main([test_rollback, test_pause, test_stop, test_replay, test_fork, test_refusals,
                test_no_restore, test_advise])
