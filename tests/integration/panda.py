"""
panda.py: what the integration tests of one nursed trial share: running the programs, small data,
trials that stand still while something is done to them, and TAP.
"""
import json
import os
import random
import shutil
import signal
import sqlite3
import struct
import subprocess
import sys
import tempfile
import time
import traceback

# Seconds that anything may take on a busy machine.
PATIENCE = 600 if os.environ.get("CAVIAR_TEST_VALGRIND") else 120


class Place:
    """A folder with a store in it, and the programs on the PATH."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="caviar-panda-")
        self.store = os.path.join(self.folder, "caviar.db")
        programs = [os.path.dirname(os.environ[name]) for name in ("CAVIAR", "CAVIAR_TRAIN")]
        self.environment = {name: value for name, value in os.environ.items()
                            if not name.startswith("CAVIAR_")}
        self.environment.update(
            PATH=os.pathsep.join(programs + [os.environ["PATH"]]), CAVIAR_STORE=self.store,
            PYTHONPATH=os.path.join(os.environ["CAVIAR_SOURCE"], "python"))
        self.runs = []

    def close(self):
        for run in self.runs:
            if run.poll() is None:
                run.terminate()
            run.communicate()
        shutil.rmtree(self.folder)

    def caviar(self, *words, status=0):
        """Runs caviar; returns what it printed, on standard error where it is to fail."""
        done = subprocess.run(["caviar", *map(str, words)], cwd=self.folder, env=self.environment,
                              capture_output=True, text=True, timeout=PATIENCE)
        assert done.returncode == status, \
            f"caviar {' '.join(map(str, words))}: {done.returncode}, {done.stdout}{done.stderr}"
        return done.stdout if status == 0 else done.stderr

    def show(self, number):
        return json.loads(self.caviar("show", number, "--json"))

    def start(self, *words):
        """Starts `caviar run` or `resume` in the background."""
        run = subprocess.Popen(["caviar", *map(str, words)], cwd=self.folder, text=True,
                               env=self.environment, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT)
        self.runs.append(run)
        return run

    def write(self, name, text):
        with open(os.path.join(self.folder, name), "w", encoding="utf-8") as file:
            file.write(text)

    def query(self, sql, *values):
        """What the store says now; None while there is none."""
        try:
            with sqlite3.connect(f"file:{self.store}?mode=ro", uri=True, timeout=30) as store:
                row = store.execute(sql, values).fetchone()
        except sqlite3.OperationalError:
            return None
        return row[0] if row else None

    def step(self, number):
        found = self.query("SELECT step FROM trials WHERE number = ?", number)
        return -1 if found is None else found

    def wait_for_step(self, number, step):
        wait_until(lambda: self.step(number) >= step, f"step {step} of trial {number}")

    def wait_for_state(self, number, state):
        wait_until(lambda: self.query("SELECT state FROM trials WHERE number = ?", number) == state,
                   f"trial {number} being {state}")

    def process_of(self, number):
        """The process id of a trial's program."""
        for name in os.listdir("/proc"):
            try:
                with open(f"/proc/{name}/environ", "rb") as file:
                    variables = file.read().split(b"\0")
            except OSError:
                continue
            folder = f"/{number}".encode()
            if any(v.startswith(b"CAVIAR_DIR=" + self.folder.encode()) and v.endswith(folder)
                   for v in variables):
                return int(name)
        return None

    def images(self, count=600):
        """Images of 6 x 6 in 4 classes, as MNIST's files have them."""
        draw = random.Random(7)
        pixels, labels = bytearray(), bytearray()
        for _ in range(count):
            label = draw.randrange(4)
            image = [draw.randrange(120) for _ in range(36)]
            for i in range(9):
                image[(i // 3 + label // 2 * 3) * 6 + i % 3 + label % 2 * 3] += draw.randrange(90)
            pixels += bytes(image)
            labels.append(label)
        for name, header, body in [
                ("train-images-idx3-ubyte", struct.pack(">4I", 2051, count, 6, 6), pixels),
                ("train-labels-idx1-ubyte", struct.pack(">2I", 2049, count), labels)]:
            with open(os.path.join(self.folder, name), "wb") as file:
                file.write(header + body)
        return self.folder


class TooLate(Exception):
    """A trial was over before it was met, as happens on a busy machine: the case begins again."""


class Still:
    """A running trial that stands still within a `with`."""

    def __init__(self, place, number):
        self.pid = place.process_of(number)
        if not self.pid:
            raise TooLate(f"trial {number} does not run any more")

    def __enter__(self):
        os.kill(self.pid, signal.SIGSTOP)

    def __exit__(self, *_):
        try:
            os.kill(self.pid, signal.SIGCONT)
        except ProcessLookupError as error:
            raise TooLate("the trial was given up while it stood still") from error


def wait_until(holds, what):
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(0.005)


def curve(shown, metric):
    return {point["step"]: point[metric] for point in shown["curve"]}


def attempt(test):
    """Runs a test in a place of its own."""
    place = Place()
    try:
        test(place)
    finally:
        place.close()


def run_case(test):
    """Runs a test, again where it came too late, up to twenty times."""
    for _ in range(19):
        try:
            return attempt(test)
        except TooLate as late:
            print(f"# once more: {late}", flush=True)
    return attempt(test)


def main(tests):
    """Runs tests, each in a place of its own, and prints TAP; a case is named by its docstring."""
    print(f"1..{len(tests)}", flush=True)
    failed = 0
    for number, test in enumerate(tests, 1):
        try:
            run_case(test)
            print(f"ok {number} - {test.__doc__.strip()}", flush=True)
        except Exception:  # a test may fail in any way
            failed += 1
            print(f"not ok {number} - {test.__doc__.strip()}")
            for line in traceback.format_exc().splitlines():
                print(f"# {line}", flush=True)
    sys.exit(1 if failed else 0)
