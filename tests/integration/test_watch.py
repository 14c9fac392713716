#!/usr/bin/env python3
"""
test_watch.py: caviar watch in a real terminal (tmux), while another process runs the study.
"""
import os
import shutil
import subprocess
import time

import panda

# A trial that goes a step whenever the file STEP is there, keeps checkpoints and takes changes.
TRIAL = """
import os, time, caviar
caviar.can("changes", "restore")
step, last = caviar.first_step(), 9
while step < last:
    step += 1
    while not os.path.exists(f"{caviar.folder()}/{step}"):
        time.sleep(0.02)
    os.remove(f"{caviar.folder()}/{step}")
    lr = caviar.params()["lr"]
    answer = caviar.report(step, loss=lr + 1 / step, train_loss=lr + 2 / step)
    step = step if answer.restore is None else answer.restore
    if answer.stop:
        break
"""

STUDY = """
study: gated
command: python3 trial.py
metric: loss
budget: {trials: 1}
steps: 9
seed: 1
space:
  lr: {type: float, scale: log, low: 1e-4, high: 1}
  momentum: {type: float, low: 0, high: 0.99}
"""


class Terminal:
    """tmux with a socket of its own."""

    def __init__(self, place, columns, rows, command, **environment):
        socket = os.path.join(place.folder, f"tmux-{time.monotonic_ns()}")
        self.base = ["tmux", "-S", socket, "-f", "/dev/null"]
        variables = {**place.environment, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8"}
        variables.pop("NO_COLOR", None)
        settings = " ".join(f"{name}={value}" for name, value in environment.items())
        self.call("new-session", "-d", "-x", columns, "-y", rows,
                  f"cd {place.folder}; env {settings} {command} 2>watch.err; echo ended $?; "
                  "sleep 600", environment=variables)

    def call(self, *words, environment=None):
        done = subprocess.run(self.base + [str(word) for word in words], env=environment,
                              capture_output=True, text=True, timeout=panda.PATIENCE)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def page(self, colours=False):
        return self.call("capture-pane", "-p", *(["-e"] if colours else []))

    def press(self, *keys):
        self.call("send-keys", *keys)

    def wait_for(self, *pieces):
        end = time.monotonic() + panda.PATIENCE
        while True:
            page = self.page()
            if all(piece in page for piece in pieces):
                return page
            assert time.monotonic() < end, f"no {pieces} in:\n{page}"
            time.sleep(0.05)

    def close(self):
        self.call("kill-server")


def start(place):
    """Runs a gated trial in the background."""
    place.write("trial.py", TRIAL)
    place.write("study.yaml", STUDY)
    run = place.start("run", "study.yaml", "-q")
    folder = os.path.join(place.folder, "caviar.trials/gated/0")
    panda.wait_until(lambda: os.path.isdir(folder), "the trial's folder")
    return run


def let_go(place, *steps):
    for step in steps:
        path = os.path.join(place.folder, "caviar.trials/gated/0", str(step))
        with open(path, "w", encoding="utf-8"):
            pass
        panda.wait_until(lambda: not os.path.exists(path) and place.step(0) == step,
                         f"step {step}")


def end(place, run, terminal):
    terminal.press("q")
    terminal.wait_for("ended 0")
    terminal.close()
    run.terminate()
    run.wait(panda.PATIENCE)
    with open(os.path.join(place.folder, "watch.err"), encoding="utf-8") as file:
        said = file.read()
        assert said == "", said


def test_keys(place):
    """a trial is nudged, rolled back and stopped by keys, while another process runs it"""
    run = start(place)
    let_go(place, 1, 2)
    terminal = Terminal(place, 80, 24, "caviar watch 0")
    page = terminal.wait_for("gated  trial 0  running  step 2 of 9", "train_loss")
    assert any(0x2800 < ord(character) <= 0x28ff for character in page), page
    assert max(len(line) for line in page.splitlines()) <= 80
    terminal.press("+", "+")
    terminal.wait_for("->", "Enter sends it")
    terminal.press("Escape")
    panda.wait_until(lambda: "->" not in terminal.page(), "the draft being forgotten")
    assert place.query("SELECT count(*) FROM nudges") == 0
    terminal.press("Right", "-", "Enter")
    terminal.wait_for("sent; it arrives at the next report", "at its next report: momentum=")
    let_go(place, 3)
    terminal.wait_for("step 3 of 9", "momentum=")
    panda.wait_until(lambda: place.query("SELECT state FROM nudges") == "active", "the delivery")
    let_go(place, 4)
    terminal.wait_for("step 4 of 9")
    terminal.press("r")
    terminal.wait_for("take the nudge of step 3 back, and give up the steps behind it (now 4)? y/n")
    terminal.press("n")
    terminal.wait_for("left as it is")
    assert place.query("SELECT count(*) FROM nudges WHERE kind = 'rollback'") == 0
    terminal.press("r", "y")
    terminal.wait_for("back to step 3, at the next report")
    let_go(place, 5)
    let_go(place, 4)
    terminal.wait_for("step 4 of 9", "what was given up")
    assert place.query("SELECT state FROM nudges WHERE kind = 'change'") == "undone"
    terminal.press("p")
    terminal.wait_for("it pauses at its next report", "at its next report: pause")
    terminal.press("p")
    terminal.wait_for("it goes on, before anything new")
    terminal.press("s", "y")
    terminal.wait_for("it ends at its next report")
    let_go(place, 5)
    terminal.wait_for("trial 0  pruned")
    end(place, run, terminal)


def test_list(place):
    """the study is a list; a chosen trial is shown and left again; p pauses and resumes"""
    run = start(place)
    let_go(place, 1, 2, 3)
    terminal = Terminal(place, 100, 20, "caviar watch")
    terminal.wait_for("gated  1 running, 0 complete", ">     0 running")
    terminal.press("p")
    terminal.wait_for("PAUSED")
    assert place.query("SELECT control FROM studies") == "pause"
    terminal.press("p")
    panda.wait_until(lambda: place.query("SELECT control FROM studies") == "run", "the resuming")
    terminal.press("Enter")
    terminal.wait_for("trial 0  running  step 3 of 9")
    terminal.press("b")
    terminal.wait_for(">     0 running")
    end(place, run, terminal)


def test_other_keys(place):
    """forks, what cannot be done, and moving through the list"""
    run = start(place)
    let_go(place, 1, 2, 3)
    terminal = Terminal(place, 100, 24, "caviar watch 0")
    terminal.wait_for("step 3 of 9")
    terminal.press("r")
    terminal.wait_for("there is no nudge to take back; 'caviar rollback --to STEP'")
    terminal.press("+")
    terminal.wait_for("Enter sends it")
    terminal.press("-")
    panda.wait_until(lambda: "Enter sends it" not in terminal.page(), "the draft being nothing")
    terminal.press("Left", "Up", "Right", "Down")
    terminal.wait_for("Enter sends it, Escape forgets it, f forks with it")
    terminal.press("f")
    terminal.wait_for("trial 1 goes on from step 3; it waits to be run")
    assert place.query("SELECT count(*) FROM trials") == 2
    terminal.press("b")
    terminal.wait_for(">     0 running", "1 waiting")
    terminal.press("Down")
    terminal.wait_for(">     1 waiting")
    terminal.press("Down", "Up")
    terminal.wait_for(">     0 running")
    terminal.press("Down", "Enter")
    terminal.wait_for("trial 1  waiting", "of trial 0")
    terminal.press("b", "Up", "Enter", "s", "y")
    terminal.wait_for("it ends at its next report")
    let_go(place, 4)
    terminal.wait_for("trial 0  pruned")
    terminal.press("+", "Enter")
    terminal.wait_for("trial 0 is pruned; only one that has not ended can be changed.")
    end(place, run, terminal)


def test_sizes(place):
    """it fills whatever size the window has, and says when it is too small"""
    run = start(place)
    let_go(place, 1, 2)
    terminal = Terminal(place, 80, 24, "caviar watch 0")
    terminal.wait_for("step 2 of 9")
    terminal.call("resize-window", "-x", 160, "-y", 50)
    panda.wait_until(lambda: "q quit" in terminal.page().splitlines()[49], "the large page")
    assert max(len(line) for line in terminal.page().splitlines()) > 120
    terminal.call("resize-window", "-x", 30, "-y", 6)
    terminal.wait_for("larger, please")
    terminal.call("resize-window", "-x", 80, "-y", 24)
    terminal.wait_for("step 2 of 9", "q quit")
    end(place, run, terminal)


def test_colours(place):
    """there are colours, none with NO_COLOR, and no braille where the locale has none"""
    run = start(place)
    let_go(place, 1, 2)
    for environment, coloured in [({}, True), ({"NO_COLOR": "1"}, False)]:
        terminal = Terminal(place, 80, 24, "caviar watch 0", **environment)
        terminal.wait_for("step 2 of 9", "q quit")
        assert ("\033[36m" in terminal.page(True)) == coloured, terminal.page(True)
        terminal.press("q")
        terminal.wait_for("ended 0")
        terminal.close()
    terminal = Terminal(place, 80, 24, "caviar watch 0", LC_ALL="C")
    page = terminal.wait_for("step 2 of 9", "q quit")
    assert page.isascii() and ":" in page, page
    end(place, run, terminal)


def test_once(place):
    """without a terminal it says so, and --once prints the page"""
    run = start(place)
    let_go(place, 1, 2)
    assert "--once prints the page once" in place.caviar("watch", 0, status=1)
    assert "no trial 5" in place.caviar("watch", 5, "--once", status=1)
    assert "step 2 of 9" in place.caviar("watch", 0, "--once")
    assert "1 running" in place.caviar("watch", "--once")
    run.terminate()
    run.wait(panda.PATIENCE)


def test_outlook(place):
    """where a running trial is expected to end is drawn, once there is enough to go by"""
    run = start(place)
    let_go(place, 1, 2, 3, 4, 5)
    before = place.caviar("watch", 0, "--once")
    assert "expected at step" not in before
    let_go(place, 6)
    after = place.caviar("watch", 0, "--once")
    assert "expected at step 9: " in after and after.count(" to ") >= 1, after
    run.terminate()
    run.wait(panda.PATIENCE)


if __name__ == "__main__":
    if not shutil.which("tmux"):
        print("1..0 # SKIP there is no tmux")
    else:
        panda.main([test_keys, test_list, test_other_keys, test_sizes, test_colours, test_once,
                    test_outlook])
