#!/usr/bin/env python3
"""
test_panda_cli.py: panda: auto on a deterministic program, examples/python/train.py, whose loss
falls too slowly at first; and on programs that cannot go back.
"""
import json
import os

import panda

STEPS = 40
TRAIN = ["python3", os.path.join(os.environ["CAVIAR_SOURCE"], "examples/python/train.py"),
         "--lr", "{lr: log 1e-4 0.45 default 0.002}"]


def run(place, study, *words, program=None):
    place.caviar("run", "-q", "--study", study, "--minimize", "loss", "--steps", STEPS, "--sampler",
                 "tpe", "--seed", 1, *words, "--", *(program or TRAIN))
    return json.loads(place.caviar("show", 0, "--study", study, "--json"))


def loss(shown):
    return shown["trial"]["values"]["loss"]


def test_nursed(place):
    """a run that learns too slowly is nudged, what helps is kept, and all of it is said"""
    alone = run(place, "alone", "-n", 1)
    nursed = run(place, "nursed", "--panda", "auto")
    assert alone["trial"]["config"] == nursed["trial"]["config"] == {"lr": 0.002}
    assert not alone["nudges"]
    assert loss(nursed) < 0.5 * loss(alone), (loss(nursed), loss(alone))
    nudges = sorted(nursed["nudges"], key=lambda nudge: nudge["id"])
    assert all(nudge["author"] == "panda" and nudge["note"] for nudge in nudges), nudges
    tried, kept = nudges[0], nudges[1]
    assert tried["changes"]["lr"] > 0.002 and tried["step"] >= STEPS / 5, tried
    assert kept["changes"] == tried["changes"] and kept["note"].startswith("kept: "), kept
    for nudge in nudges:
        if nudge["kind"] == "rollback":
            assert nudge["note"].startswith("taken back: "), nudge
    assert panda.curve(nursed, "loss")[tried["step"]] == panda.curve(alone, "loss")[tried["step"]]
    assert len(json.loads(place.caviar("trials", "--study", "nursed", "--json"))) == 1
    words = place.caviar("show", 0, "--study", "nursed")
    assert "panda: kept: " in words and "Changed while it ran:" in words, words
    assert f"lr={tried['changes']['lr']:g}" in place.caviar("watch", 0, "--study", "nursed",
                                                            "--once")


def test_again(place):
    """the same seed gives the same course, and a replay repeats what was kept"""
    first = run(place, "first", "--panda", "auto")
    second = run(place, "second", "--panda", "auto")
    assert first["curve"] == second["curve"]
    number = json.loads(place.caviar("replay", 0, "--study", "first", "--json"))["id"]
    place.caviar("resume", "-q", "--study", "first")
    again = json.loads(place.caviar("show", number, "--study", "first", "--json"))
    assert again["curve"] == first["curve"]
    assert not [nudge for nudge in again["nudges"] if nudge["kind"] == "rollback"]


def test_left_alone(place):
    """a program that cannot go back, or only prints, is left alone"""
    place.write("prints.sh", 'for step in $(seq 40); do echo "caviar: step=$step loss=1"; done\n')
    place.write("hears.sh", 'for step in $(seq 40); do caviar report --step $step loss=1; done\n')
    for name in "prints", "hears":
        shown = run(place, name, "--panda", "auto",
                    program=["sh", os.path.join(place.folder, f"{name}.sh"), "{lr: log 1e-4 1}"])
        assert shown["trial"]["state"] == "complete" and not shown["nudges"], shown


def test_refusals(place):
    """what panda: auto needs, and what it does not go with, is said before anything runs"""
    words = ["run", "--minimize", "loss", "--panda", "auto"]
    assert "how far a trial goes" in place.caviar(*words, "--", *TRAIN, status=1)
    said = place.caviar(*words, "--steps", 9, "--scheduler", "asha", "--", *TRAIN, status=1)
    assert "leave one of the two out" in said, said
    said = place.caviar(*words[:-1], "tomorrow", "--steps", 9, "--", *TRAIN, status=2)
    assert "auto or off is expected" in said, said
    assert not os.path.exists(place.store) or "no study" in place.caviar("trials", status=1)


panda.main([test_nursed, test_again, test_left_alone, test_refusals])
