#!/usr/bin/env python3
"""
test_pbt_cli.py: population-based training with the real caviar-train: copies go on from their
parents' checkpoints, the number of workers changes nothing, the winner's schedule holds.
"""
import json

import panda

STEPS = 24

STUDY = f"""
study: train
command: caviar-train --data {{data}} --epochs {{steps}} --units 12 --optimizer momentum --batch 16
         --lr {{lr}} --momentum {{momentum}} --threads 1 --seed {{seed}} --checkpoint-keep {STEPS}
metric: val_loss
steps: {STEPS}
budget: {{trials: 4}}
seed: 3
sampler: random
scheduler: {{type: pbt, population: 4, interval: 4}}
space:
  lr: {{type: float, scale: log, low: 1e-5, high: 1}}
  momentum: {{type: float, scale: reverse-log, low: 0.5, high: 0.99}}
"""


def run(place, study, *words):
    place.images()
    place.write("study.yaml", STUDY)
    place.caviar("run", "study.yaml", "-q", "--study", study, "--set", f"data={place.folder}",
                 *words)
    return [json.loads(place.caviar("show", trial["id"], "--study", study, "--json"))
            for trial in json.loads(place.caviar("trials", "--study", study, "--json"))]


def loss(trial):
    return trial["trial"]["values"]["val_loss"]


def is_complete(trial):
    return trial["trial"]["state"] == "complete"


def copies(trials):
    return [trial for trial in trials if trial.get("parent_step", -1) > 0]


def test_copies(place):
    """a copy goes on from its parent's checkpoint, with its schedule and other values"""
    trials = run(place, "one", "-j", "2")
    assert len(copies(trials)) >= 3, [trial["trial"]["origin"] for trial in trials]
    for copy in copies(trials):
        parent = trials[copy["parent"]]
        start = copy["parent_step"]
        assert start % 4 == 0 and copy["curve"][0]["step"] == start + 1, copy["curve"]
        assert copy["trial"]["origin"].startswith("pbt: in place of trial "), copy["trial"]
        assert copy["trial"]["seed"] == parent["trial"]["seed"]
        before = [(n["step"], n["changes"]) for n in parent["nudges"] if n["step"] <= start]
        after = [(n["step"], n["changes"]) for n in copy["nudges"]]
        assert after[:len(before)] == before, (before, after)
        assert all(n["author"] == "pbt" for n in copy["nudges"])
    assert not [t for t in trials if t["trial"]["state"] in ("paused", "running", "waiting")]


def test_workers(place):
    """one worker and four come to the same population, to the last bit"""
    ends = []
    for workers in "1", "4":
        trials = run(place, f"w{workers}", "-j", workers)
        ends.append(sorted(loss(trial) for trial in trials if is_complete(trial)))
    assert ends[0][0] == ends[1][0], ends  # who is replaced late may have come to its end already
    assert set(ends[0]) <= set(ends[1]), ends


def test_lineage(place):
    """the winner's schedule is verified once, and its replay is the winner to the last bit"""
    trials = run(place, "line", "-j", "2")
    again, = [trial for trial in trials if trial.get("parent_step") == -1]
    members = [trial for trial in trials if trial is not again and is_complete(trial)]
    winner = trials[again["parent"]]
    assert loss(winner) == min(map(loss, members))
    assert again["trial"]["seed"] != winner["trial"]["seed"]
    schedule = place.caviar("show", again["parent"], "--study", "line", "--schedule")
    assert schedule == place.caviar("show", again["trial"]["id"], "--study", "line", "--schedule")
    number = json.loads(place.caviar("replay", again["parent"], "--study", "line", "--json"))["id"]
    place.caviar("resume", "-q", "--study", "line")
    replayed = json.loads(place.caviar("show", number, "--study", "line", "--json"))
    assert loss(replayed) == loss(winner)
    whole = panda.curve(replayed, "val_loss")
    assert sorted(whole) == list(range(1, STEPS + 1))
    assert all(whole[at] == value for at, value in panda.curve(winner, "val_loss").items())


panda.main([test_copies, test_workers, test_lineage])
