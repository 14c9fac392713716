#!/usr/bin/env python3
"""
viewers.py: what a dashboard costs: a study is run through `caviar pipe`, alone and with viewers,
turn by turn in the same minutes; each viewer listens and fetches what is new, as the page does.

    viewers.py [--caviar build/src/caviar] [--viewers 50] [--trials 10000]
               [--seconds 5] [--rounds 3]

Prints trials a second of the run alone and looked at, the server's memory and its share of a
processor, and how long a first look and a look at nothing new take.
"""
import argparse
import http.client
import json
import os
import subprocess
import sys
import tempfile
import threading
import time

SPACE = {"lr": {"type": "float", "scale": "log", "low": 1e-4, "high": 1},
         "momentum": {"type": "float", "scale": "reverse-log", "low": 0.9, "high": 0.999},
         "units": {"type": "int", "scale": "log", "low": 32, "high": 1024},
         "act": {"type": "categorical", "choices": ["relu", "tanh", "gelu"]}}


class Run:
    """A study that is run through `caviar pipe`."""

    def __init__(self, caviar, store):
        self.pipe = subprocess.Popen([caviar, "pipe", "--store", store], text=True,
                                     stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.say({"cmd": "init", "study": "looked", "space": SPACE, "seed": 1, "sampler": "random",
                  "scheduler": "none", "durability": "normal", "budget": {"trials": 10 ** 9},
                  "metric": {"name": "loss", "direction": "minimize"}})

    def say(self, words):
        self.pipe.stdin.write(json.dumps(words) + "\n")
        self.pipe.stdin.flush()
        answer = json.loads(self.pipe.stdout.readline())
        assert "error" not in answer, answer
        return answer

    def trial(self):
        number = self.say({"cmd": "ask"})["id"]
        self.say({"cmd": "tell", "id": number, "value": number % 1009})

    def rate(self, seconds):
        """Trials a second."""
        begin, count = time.monotonic(), 0
        while time.monotonic() < begin + seconds:
            self.trial()
            count += 1
        return count / (time.monotonic() - begin)


class Viewer(threading.Thread):
    """Listens, and fetches what is new."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.port, self.ends, self.asked = port, False, 0
        self.has_all = False  # that there was when it came
        self.fault = None
        self.start()

    def run(self):
        try:
            self.follow()
        except (OSError, http.client.HTTPException) as fault:
            self.fault = fault

    def follow(self):
        place, epoch = 0, 0
        events = http.client.HTTPConnection("127.0.0.1", self.port)
        events.request("GET", "/api/1/studies/looked/events")
        answer = events.getresponse()
        asks = http.client.HTTPConnection("127.0.0.1", self.port)
        while not self.ends:
            if not answer.readline().startswith(b"data"):
                continue
            is_more = True
            while is_more and not self.ends:
                page = get_again(asks, f"trials?since={place}&epoch={epoch}")
                place, epoch, is_more = page["next"], page["epoch"], page["next"] < page["end"]
                self.asked += 1
            self.has_all = True
            time.sleep(0.25)  # as the page does
        asks.close()
        answer.close()
        events.close()


def get(connection, path):
    connection.request("GET", f"/api/1/studies/looked/{path}")
    return json.loads(connection.getresponse().read())


def get_again(connection, path):
    """As a browser does: on a new connection where the old one was idle for too long."""
    try:
        return get(connection, path)
    except http.client.RemoteDisconnected:
        connection.close()
        return get(connection, path)


def seconds_of(function):
    begin = time.monotonic()
    result = function()
    return time.monotonic() - begin, result


def processor(pid):
    """Seconds of processor time of a process so far, and its memory in MB."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        memory = next(int(line.split()[1]) for line in file if line.startswith("VmRSS"))
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"), memory / 1024


def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    options.add_argument("--caviar", default="build/src/caviar")
    for name, usual in [("viewers", 50), ("trials", 10000), ("seconds", 5), ("rounds", 3)]:
        options.add_argument("--" + name, type=int, default=usual)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        measure(given, folder)


def measure(given, folder):
    store = os.path.join(folder, "looked.db")
    run = Run(given.caviar, store)
    for _ in range(given.trials):
        run.trial()
    server = subprocess.Popen([given.caviar, "serve", "--store", store, "--port", "0", "--json",
                               "--token-file", os.path.join(folder, "token")], text=True,
                              stdout=subprocess.PIPE)
    try:
        port = int(json.loads(server.stdout.readline())["url"].rstrip("/").rsplit(":", 1)[1])
        look(given, run, server, port)
    finally:
        server.terminate()
        server.wait()
        run.pipe.stdin.close()
        run.pipe.wait()


def check(viewers):
    for number, viewer in enumerate(viewers):
        assert viewer.fault is None, f"viewer {number}: {viewer.fault!r}"


def look(given, run, server, port):
    one = http.client.HTTPConnection("127.0.0.1", port)
    first, page = seconds_of(lambda: get(one, "trials"))
    print(f"first look at {len(page['number'])} trials: {first * 1000:.0f} ms")
    path = f"trials?since={page['end']}&epoch={page['epoch']}"
    again = min(seconds_of(lambda: get(one, path))[0] for _ in range(200))
    print(f"a look at nothing new: {again * 1000:.2f} ms")
    alone, looked, shares, requests = [], [], [], []
    for _ in range(given.rounds):
        alone.append(run.rate(given.seconds))
        viewers = [Viewer(port) for _ in range(given.viewers)]
        while not all(viewer.has_all for viewer in viewers):
            check(viewers)
            time.sleep(0.1)
        asked = [viewer.asked for viewer in viewers]
        before, begin = processor(server.pid)[0], time.monotonic()
        looked.append(run.rate(given.seconds))
        after, memory = processor(server.pid)
        shares.append((after - before) / (time.monotonic() - begin))
        requests.append(sum(viewer.asked for viewer in viewers) - sum(asked))
        check(viewers)
        behind = [number for number, viewer in enumerate(viewers) if viewer.asked == asked[number]]
        assert not behind, f"viewers {behind} saw nothing in {given.seconds} s"
        for viewer in viewers:
            viewer.ends = True
        run.trial()  # so that they notice
        for viewer in viewers:
            viewer.join()
    print(f"trials a second: {max(alone):.0f} alone, {max(looked):.0f} with {given.viewers} "
          f"viewers ({max(looked) / max(alone):.2f})")
    print(f"requests a second of the viewers: {max(requests) / given.seconds:.0f}")
    print(f"the server: {memory:.0f} MB, {100 * min(shares):.0f} % of a processor")


if __name__ == "__main__":
    sys.exit(main())
