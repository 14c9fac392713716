#!/usr/bin/env python3
"""
test_serve.py: caviar serve: what its HTTP API answers, to whom, and what it does for them.
"""
import gzip
import http.client
import json
import os
import signal
import socket
import stat
import sys
import threading
import time

import panda

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
import postgres  # noqa: E402


def serve(place, *words):
    """A server of the place's store, on a free port; ended with the place."""
    run = place.start("serve", "--port", "0", "--json", "--token-file",
                      os.path.join(place.folder, "secret/token"), *words)
    place.servers = getattr(place, "servers", []) + [run]
    return Server(run, json.loads(run.stdout.readline()))


def ended(test):
    """The test, and after it the end of its servers, which must be a good one."""
    def whole(place):
        test(place)
        for run in getattr(place, "servers", []):
            run.terminate()
            rest = run.communicate(timeout=panda.PATIENCE)[0]
            assert run.returncode == 0, f"the server ended with {run.returncode}:\n{rest}"
    whole.__doc__ = test.__doc__
    return whole


class Server:
    def __init__(self, run, said):
        self.run, self.token = run, said["token"]
        self.port = int(said["url"].rstrip("/").rsplit(":", 1)[1])

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=panda.PATIENCE)

    def ask(self, method, path, body=None, **headers):
        """The answer's status, headers, and body, which is JSON where it says so."""
        connection = self.connect()
        connection.request(method, path, body, {name.replace("_", "-"): value
                                                for name, value in headers.items()})
        answer = connection.getresponse()
        data = answer.read()
        connection.close()
        if answer.getheader("Content-Type") == "application/json":
            data = json.loads(data)
        return answer.status, dict(answer.getheaders()), data

    def get(self, path, **headers):
        status, _, data = self.ask("GET", "/api/1" + path, **headers)
        assert status == 200, (path, status, data)
        return data

    def post(self, path, body, status=200):
        found, _, data = self.ask("POST", "/api/1" + path, json.dumps(body),
                                  Content_Type="application/json",
                                  Authorization=f"Bearer {self.token}")
        assert found == status, (path, found, data)
        return data


def equal(found, expected):
    assert found == expected, f"{found!r}, where {expected!r} was expected"


def contains(text, *pieces):
    for piece in pieces:
        assert piece in text, f"{piece!r} is not in {text!r}"


def make_study(place, trials=20, name="bowl", budget=None, done=0):
    """A study: a bowl with a metric to be made small, and a choice; `done` trials are there."""
    lines = [{"cmd": "init", "study": name, "seed": 7, "budget": {"trials": budget or trials},
              "sampler": "random", "scheduler": "none", "steps": {"min": 1, "max": 3}, "metric": {
                  "name": "loss", "direction": "minimize"},
              "space": {"x": {"type": "float", "low": -2, "high": 2},
                        "lr": {"type": "float", "scale": "log", "low": 1e-4, "high": 1},
                        "act": {"type": "categorical", "choices": ["relu", "<b>tanh</b>"]}}}]
    for number in range(done, trials):
        lines.append({"cmd": "ask"})
        lines += [{"cmd": "report", "id": number, "step": step, "value": number + 1 / step}
                  for step in (1, 2, 3)]
        lines.append({"cmd": "tell", "id": number, "value": number + 0.25})
    place.write("lines", "".join(json.dumps(line) + "\n" for line in lines))
    place.caviar_pipe("lines")


def pipe(self, name):
    with open(os.path.join(self.folder, name), encoding="utf-8") as lines:
        panda.subprocess.run(["caviar", "pipe", "--store", self.store], stdin=lines, check=True,
                             env=self.environment, cwd=self.folder, timeout=panda.PATIENCE,
                             stdout=panda.subprocess.DEVNULL)


panda.Place.caviar_pipe = pipe


def test_studies_are_listed(place):
    """studies are listed with their best value, also those that come later"""
    make_study(place, 5, "first")
    server = serve(place)
    def best():  # on a slow machine, what takes long comes with a later look
        return server.get("/studies")["studies"][0].get("best_trial")
    panda.wait_until(lambda: best() == 0, "the best trial")
    first, = server.get("/studies")["studies"]
    equal((first["study"], first["best"], first["best_trial"]), ("first", 0.25, 0))
    equal((first["metric"], first["metrics"]), ("loss", ["loss"]))
    equal(first["counts"]["complete"], 5)
    make_study(place, 2, "second")
    equal([each["study"] for each in server.get("/studies")["studies"]], ["first", "second"])
    equal(server.get("")["api"], 1)


def test_a_study_says_what_it_is(place):
    """a study has its parameters with their scales, its metrics, and its definition"""
    make_study(place)
    study = serve(place).get("/studies/bowl")
    equal([(each["name"], each["axis"], each.get("scale")) for each in study["parameters"]],
          [("x", "continuous", "linear"), ("lr", "continuous", "log"), ("act", "choices", None)])
    equal(study["parameters"][2]["choices"], ["relu", "<b>tanh</b>"])
    equal(study["metrics"], [{"name": "loss", "direction": "minimize"}])
    equal((study["counts"]["complete"], study["steps_spent"]), (20, 60))
    equal(study["definition"]["space"]["lr"]["scale"], "log")


def make_noisy_study(place):
    """A study of four configurations, whose runs come out different: the luckiest one's others are
    poor."""
    place.write("lines", json.dumps({
        "cmd": "init", "study": "noisy", "seed": 3, "sampler": "random", "scheduler": "none",
        "budget": {"trials": 1}, "metric": {"name": "gain", "direction": "maximize"},
        "space": {"x": {"type": "float", "low": 0, "high": 1}}}))
    place.caviar_pipe("lines")
    for x, gains in ((0.1, (0.1, 0.2, 0.3)), (0.4, (0.9, 0.2, 0.1)), (0.7, (0.7, 0.8, 0.75)),
                     (0.9, (0.5, 0.4, 0.6))):
        for gain in gains:
            place.caviar("add", "--study", "noisy", f"x={x}", "--value", str(gain))


def test_the_best_is_that_of_the_verb(place):
    """the best is the one that caviar best names, also where the best value was a lucky draw"""
    make_noisy_study(place)
    make_study(place)
    server = serve(place)
    equal(server.get("/studies/bowl/best")["best"], {"trial": 0, "value": 0.25, "noise": None})
    said = json.loads(place.caviar("best", "--study", "noisy", "--json"))
    first, noise = said["standing"]["contenders"][0], said["standing"]["noise"]
    found = server.get("/studies/noisy/best")["best"]
    equal(found, {"trial": said["trial"]["id"], "value": first["mean"], "noise": {
        "deviation": noise, "low": first["low"], "high": first["high"],
        "chance": first["chance"], "luckiest": said["standing"]["luckiest"]}})
    assert found["trial"] != found["noise"]["luckiest"], found
    listed = {each["study"]: each for each in server.get("/studies")["studies"]}["noisy"]
    equal((listed["best_trial"], listed["best"]), (found["trial"], found["value"]))
    place.caviar("add", "--study", "noisy", "x=0.5")
    equal(server.get("/studies/noisy/best")["best"], found)
    page = place.caviar("export", "--study", "noisy", "--html")
    contains(page, f"greatest expected gain, trial {found['trial']}<", "was a lucky draw")


def test_trials_come_in_pages(place):
    """trials come in pages, and all pages together are what 'caviar trials' lists"""
    make_study(place)
    server = serve(place)
    study = server.get("/studies/bowl")
    since, rows = 0, {}
    while True:
        page = server.get(f"/studies/bowl/trials?limit=7&since={since}&epoch={study['epoch']}")
        assert len(page["number"]) <= 7
        for i, number in enumerate(page["number"]):
            assert number not in rows, "a trial came twice"
            rows[number] = (page["states"][page["state"][i]], page["values"][0][i],
                            page["parameters"][0][i], page["parameters"][2][i])
        since = page["next"]
        if since == page["end"]:
            break
    listed = json.loads(place.caviar("trials", "--json"))
    choices = ["relu", "<b>tanh</b>"]
    equal(rows, {each["id"]: (each["state"], each["values"]["loss"], each["config"]["x"],
                              choices.index(each["config"]["act"])) for each in listed})


def test_only_what_is_new_comes(place):
    """who goes on from a place gets what is new; of another epoch, everything"""
    make_study(place, 4)
    server = serve(place)
    all_of_it = server.get("/studies/bowl/trials")
    path = f"/studies/bowl/trials?since={all_of_it['end']}&epoch={all_of_it['epoch']}"
    equal(server.get(path)["number"], [])
    place.caviar("add", "x=1", "lr=0.5", "act=relu")
    equal(server.get(path)["number"], [4])
    other = server.get(f"/studies/bowl/trials?since={all_of_it['end']}&epoch=1")
    equal((other["since"], sorted(other["number"])), (0, [0, 1, 2, 3, 4]))


def test_curves_are_points(place):
    """the points of all learning curves come once each, and trials say when they last reported"""
    make_study(place, 3)
    server = serve(place)
    curves = server.get("/studies/bowl/curves")
    points = sorted(zip(curves["number"], curves["step"], curves["values"][0]))
    equal(points, sorted((n, s, n + 1 / s) for n in range(3) for s in (1, 2, 3)))
    trials = server.get("/studies/bowl/trials")
    for begin, heard, end in zip(*(trials[f"{what}_ms"] for what in
                                   ("started", "reported", "finished"))):
        assert 0 < begin <= heard <= end, (begin, heard, end)


def test_one_trial_has_everything(place):
    """a trial has its values, reports since a place, and its output"""
    make_study(place, 3)
    server = serve(place)
    trial = server.get("/studies/bowl/trials/2")
    equal(trial["reports"]["step"], [1, 2, 3])
    equal(trial["reports"]["metrics"], {"loss": [3, 2.5, 2 + 1 / 3]})
    equal(trial["config"], place.show(2)["trial"]["config"])
    equal((trial["cpu_ms"], trial["memory_bytes"]), (None, None))  # it ran elsewhere
    later = server.get(f"/studies/bowl/trials/2?since={trial['next']}")
    equal(later["reports"]["step"], [])
    equal(server.ask("GET", "/api/1/studies/bowl/trials/3")[0], 404)


def test_contour_is_that_of_the_verb(place):
    """contour is what 'caviar importance --contour' says; what cannot be drawn is said"""
    make_study(place, 24)
    server = serve(place)
    verb = json.loads(place.caviar("importance", "--json", "--contour", "x,lr"))
    answer = server.get("/studies/bowl/contour?first=x&second=lr")
    equal({key: verb[key] for key in answer}, answer)
    equal([len(row) for row in answer["means"]], [len(answer["across"])] * len(answer["up"]))
    for wrong in ("first=x", "first=x&second=x", "first=x&second=nothing"):
        equal(server.ask("GET", "/api/1/studies/bowl/contour?" + wrong)[0], 400)
    equal(server.ask("GET", "/api/1/studies/bowl/contour?first=x&second=lr&metric=1")[0], 404)


def test_effects_follow_the_trials(place):
    """effects have a mean for each value of every parameter, and learn from later trials"""
    make_study(place, 24, budget=26)
    server = serve(place)
    answer = server.get("/studies/bowl/effects")
    equal([each["parameter"] for each in answer["effects"]], ["x", "lr", "act"])
    equal(answer["trials"], 24)
    for each in answer["effects"]:
        equal(len(each["means"]), len(each["at"]))
        assert all(0 < mean < 25 for mean in each["means"]), each
    equal(answer["effects"][2]["at"], ["relu", "<b>tanh</b>"])
    equal(server.get("/studies/bowl/effects"), answer)
    make_study(place, 26, budget=26, done=24)
    later = server.get("/studies/bowl/effects")
    equal(later["trials"], 26)
    assert later["effects"] != answer["effects"]
    make_study(place, 3, "small")
    contains(server.get("/studies/small/effects")["why_none"], "16")
    equal(server.ask("GET", "/api/1/studies/bowl/effects?metric=1")[0], 404)


def test_importance_is_that_of_the_verb(place):
    """importance is what 'caviar importance' says; with few trials it says why there is none"""
    make_study(place)
    server = serve(place)
    verb = json.loads(place.caviar("importance", "--json"))["parameters"]
    answer = server.get("/studies/bowl/importance")
    equal([(each["parameter"], each["share"]) for each in answer["importance"]],
          [(each["parameter"], each["share"]) for each in verb])
    make_study(place, 3, "small")
    contains(server.get("/studies/small/importance")["why_none"], "16")
    equal(server.ask("GET", "/api/1/studies/small/importance?metric=1")[0], 404)


class Listener:
    """One who listens to the news of a study."""

    def __init__(self, server, study):
        self.connection = server.connect()
        self.connection.request("GET", f"/api/1/studies/{study}/events")
        self.answer = self.connection.getresponse()

    def close(self):
        self.answer.close()
        self.connection.close()

    def next(self):
        """The next event's name and data."""
        name = None
        while True:
            line = self.answer.readline().decode().rstrip("\n")
            if line.startswith("event: "):
                name = line[7:]
            elif line.startswith("data: "):
                return name, json.loads(line[6:])
            elif not line and self.answer.isclosed():
                return None, None


def test_news_are_told(place):
    """who listens hears of each change, and of the end of the server"""
    make_study(place, 3)
    server = serve(place)
    listener = Listener(server, "bowl")
    equal(listener.answer.getheader("Content-Type"), "text/event-stream")
    name, before = listener.next()
    equal(name, "news")
    place.caviar("add", "x=1", "lr=0.5", "act=relu")
    name, after = listener.next()
    assert name == "news" and after["trials"] > before["trials"], (before, after)
    place.caviar("pause", "bowl")
    equal(listener.next(), ("news", dict(after, control="pause")))
    server.run.send_signal(signal.SIGTERM)
    equal(listener.next()[0], "end")
    equal(server.run.wait(panda.PATIENCE), 0)


def test_a_deleted_study_is_gone(place):
    """a study that is deleted ends for who listens, and is not found any more"""
    make_study(place, 3)
    server = serve(place)
    listener = Listener(server, "bowl")
    listener.next()
    place.caviar("delete", "bowl", "--yes")
    equal(listener.next()[0], "end")
    status, _, answer = server.ask("GET", "/api/1/studies/bowl")
    equal(status, 404)
    contains(answer["error"], "bowl")


def test_looking_does_not_wait(place):
    """looking goes on while somebody else holds the store for writing"""
    make_study(place, 3)
    server = serve(place)
    store = panda.sqlite3.connect(place.store, isolation_level=None)
    store.execute("BEGIN IMMEDIATE")
    equal(server.get("/studies/bowl")["counts"]["complete"], 3)
    equal(len(server.get("/studies/bowl/trials")["number"]), 3)
    store.execute("ROLLBACK")
    store.close()


def test_a_store_on_a_server_is_shown(place):
    """a PostgreSQL store is shown, less its password; its viewers go on when it was away"""
    if not postgres.binaries():
        return
    with postgres.Server() as database:
        url = database.url()
        place.store = url + ("&" if "?" in url else "?") + "password=secret"
        place.environment["CAVIAR_STORE"] = place.store
        make_study(place, 4)
        server = serve(place)
        assert "secret" not in json.dumps(server.get("")), server.get("")
        before = server.get("/studies/bowl/trials")
        equal(sorted(before["number"]), [0, 1, 2, 3])
        database.stop()
        database.start()
        place.caviar("add", "x=1", "lr=0.5", "act=relu")
        path = f"/studies/bowl/trials?since={before['end']}&epoch={before['epoch']}"
        panda.wait_until(lambda: server.ask("GET", "/api/1" + path)[0] == 200, "the store")
        after = server.get(path)
        again = after["epoch"] != before["epoch"]
        equal(sorted(after["number"]), [0, 1, 2, 3, 4] if again else [4])


# --- who may ---------------------------------------------------------------------------------

def test_other_names_are_refused(place):
    """a request to another name than this server's is refused: its name was made to point here"""
    make_study(place, 2)
    server = serve(place, "--name", "lab.example")
    for host, status in [("evil.example", 421), (f"evil.example:{server.port}", 421),
                         ("localhost", 200), ("127.0.0.1:9", 200), ("[::1]:80", 200),
                         ("lab.example:80", 200), ("127.0.0.1.evil.example", 421), ("", 421)]:
        for path in ["/api/1/studies", "/"]:
            equal((host, path, server.ask("GET", path, Host=host)[0]), (host, path, status))


def test_other_pages_are_refused(place):
    """a page of another site may not ask, even for what needs no token"""
    make_study(place, 2)
    server = serve(place)
    own = f"http://127.0.0.1:{server.port}"
    equal(server.ask("GET", "/api/1/studies", Origin=own)[0], 200)
    for headers in [{"Origin": "http://evil.example"}, {"Origin": "null"},
                    {"Origin": own + "0"}, {"Sec_Fetch_Site": "cross-site"},
                    {"Sec_Fetch_Site": "same-site"}]:
        equal((headers, server.ask("GET", "/api/1/studies", **headers)[0]), (headers, 403))


def test_changes_need_the_token(place):
    """nothing changes without the token, with a wrong one, or as another type of body"""
    make_study(place, 2)
    server = serve(place)
    path, kind = "/api/1/studies/bowl/control", "application/json"
    right = f"Bearer {server.token}"
    wrong = f"Bearer {server.token[:-1]}{'A' if server.token[-1] != 'A' else 'B'}"
    for status, headers in [(401, {"Content_Type": kind}),
                            (401, {"Content_Type": kind, "Authorization": wrong}),
                            (401, {"Content_Type": kind, "Authorization": right + "x"}),
                            (401, {"Content_Type": kind, "Authorization": server.token}),
                            (403, {"Content_Type": kind, "Authorization": right,
                                   "Origin": "http://evil.example"}),
                            (415, {"Content_Type": "text/plain", "Authorization": right}),
                            (415, {"Authorization": right})]:
        equal(server.ask("POST", path, '{"control":"pause"}', **headers)[0], status)
    equal(server.get("/studies")["studies"][0]["control"], "run")
    server.post("/studies/bowl/control", {"control": "pause"})
    equal(server.get("/studies")["studies"][0]["control"], "pause")
    equal(server.ask("GET", "/api/1/studies", Authorization=wrong)[0], 401)


def test_the_token_is_its_owners(place):
    """the token is for its owner's eyes, is the same next time; a readable one is refused"""
    make_study(place, 2)
    file = os.path.join(place.folder, "secret/token")
    first = serve(place)
    equal(stat.S_IMODE(os.stat(file).st_mode), 0o600)
    equal(stat.S_IMODE(os.stat(os.path.dirname(file)).st_mode), 0o700)
    equal(serve(place).token, first.token)
    os.chmod(file, 0o644)
    contains(place.caviar("serve", "--token-file", file, status=1), "chmod 600")
    os.chmod(file, 0o600)
    with open(file, "w", encoding="utf-8") as out:
        out.write("short\n")
    contains(place.caviar("serve", "--token-file", file, status=1), "no token")


def test_beyond_this_machine_looking_needs_the_token(place):
    """where other machines reach the server, looking needs the token, too"""
    make_study(place, 2)
    server = serve(place, "--listen", "0.0.0.0")
    equal(server.ask("GET", "/api/1/studies")[0], 401)
    equal(server.ask("GET", "/api/1/studies/bowl/events")[0], 401)
    right = f"Bearer {server.token}"
    equal(server.ask("GET", "/api/1/studies", Authorization=right)[0], 200)


def test_a_server_can_be_for_looking_only(place):
    """with --read-only nobody changes anything"""
    make_study(place, 2)
    answer = serve(place, "--read-only").post("/studies/bowl/control", {"control": "stop"}, 403)
    contains(answer["error"], "read-only")


def test_every_answer_is_guarded(place):
    """every answer has the headers that keep what it shows from becoming code"""
    make_study(place, 2)
    server = serve(place)
    for path in ["/", "/api/1/studies", "/nothing", "/api/1/nothing"]:
        headers = server.ask("GET", path)[1]
        policy = headers["Content-Security-Policy"]
        contains(policy, "default-src 'none'", "script-src 'self'", "frame-ancestors 'none'")
        assert "unsafe" not in policy and "http" not in policy, policy
        equal((headers["X-Content-Type-Options"], headers["Referrer-Policy"]),
              ("nosniff", "no-referrer"))
        assert "Access-Control-Allow-Origin" not in headers
        assert "Server" not in headers


# --- what is malformed -----------------------------------------------------------------------

def test_malformed_requests_are_errors(place):
    """a malformed request is an error with a sentence, and the server goes on"""
    make_study(place, 2)
    server = serve(place)
    for path, status in [("/api/1/studies/bowl/trials?limit=0", 400),
                         ("/api/1/studies/bowl/trials?limit=20001", 400),
                         ("/api/1/studies/bowl/trials?since=x", 400),
                         ("/api/1/studies/bowl/trials?since=-1", 400),
                         ("/api/1/studies/bowl/trials/99999999999999999999", 404),
                         ("/api/1/studies/..%2F..%2Fetc", 404), ("/api/2", 404),
                         ("/api/1/studies/none", 404), ("/../../etc/passwd", 404)]:
        found, _, answer = server.ask("GET", path)
        equal((path, found), (path, status))
        assert answer["error"]
    equal(server.ask("DELETE", "/api/1/studies/bowl")[0], 405)
    equal(server.ask("POST", "/")[0], 405)
    for body in ["{", "[]", '{"control":1}', '{"control":"fly"}', '{"other":1}', "{}",
                 '{"control":"run","control":"stop"}']:
        found, _, answer = server.ask("POST", "/api/1/studies/bowl/control", body,
                                      Content_Type="application/json",
                                      Authorization=f"Bearer {server.token}")
        equal((body, found), (body, 400))
        assert answer["error"]
    equal(server.ask("GET", "/api/1/studies")[0], 200)


def test_sizes_are_limited(place):
    """a body or headers that are too large are refused"""
    make_study(place, 2)
    server = serve(place)
    equal(server.ask("POST", "/api/1/studies/bowl/control", "x" * 16385,
                     Content_Type="application/json")[0], 413)
    with socket.create_connection(("127.0.0.1", server.port), panda.PATIENCE) as raw:
        raw.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"y" * 40000)
        try:
            raw.sendall(b"\r\n\r\n")
            first = raw.recv(100)
        except ConnectionError:
            first = b""
    assert not first.startswith(b"HTTP/1.1 200"), first
    equal(server.ask("GET", "/api/1/studies")[0], 200)


def test_many_ask_at_a_time(place):
    """many who ask and listen at a time all get their answers"""
    make_study(place, 30)
    server = serve(place)
    listeners = [Listener(server, "bowl") for _ in range(20)]
    wrong = []

    def look():
        for _ in range(10):
            page = server.get("/studies/bowl/trials")
            if sorted(page["number"]) != list(range(len(page["number"]))):
                wrong.append(page["number"])

    threads = [threading.Thread(target=look) for _ in range(8)]
    for thread in threads:
        thread.start()
    for number in range(3):
        place.caviar("add", f"x={number / 2}", "lr=0.5", "act=relu")
    for thread in threads:
        thread.join(panda.PATIENCE)
    equal(wrong, [])
    for listener in listeners:
        equal(listener.next()[0], "news")


def test_who_leaves_makes_room(place):
    """who listened and left makes room for others at once, also while nothing happens"""
    make_study(place, 3)
    server = serve(place)
    for _ in range(3):
        listeners = [Listener(server, "bowl") for _ in range(100)]  # of 128 from an address
        for listener in listeners:
            equal(listener.next()[0], "news")
        for listener in listeners:
            listener.close()
        deadline = time.monotonic() + 10  # the next sign of life would come after 15 s
        while threads_of(server) > 20:
            assert time.monotonic() < deadline, "those who left are still served"
            time.sleep(0.1)


def threads_of(server):
    """One a connection."""
    return len(os.listdir(f"/proc/{server.run.pid}/task"))


def test_large_answers_are_packed(place):
    """a browser gets large answers and the page packed, others plain"""
    make_study(place, 40)
    server = serve(place)
    path = "/api/1/studies/bowl/trials"
    connection = server.connect()
    connection.request("GET", path, headers={"Accept-Encoding": "br, gzip"})
    answer = connection.getresponse()
    equal(answer.getheader("Content-Encoding"), "gzip")
    equal(json.loads(gzip.decompress(answer.read())), server.get("/studies/bowl/trials"))
    connection.close()


def test_a_port_that_is_taken(place):
    """a port that is taken is said, with what to do"""
    make_study(place, 2)
    server = serve(place)
    contains(place.caviar("serve", "--port", server.port, "--token-file",
                          os.path.join(place.folder, "token"), status=1), "taken", "--port 0")
    contains(place.caviar("serve", "--listen", "nowhere", "--token-file",
                          os.path.join(place.folder, "token"), status=1), "--listen")


def test_the_page_is_there(place):
    """the page and its parts are there, and known by their content; or it says how to get them"""
    make_study(place, 2)
    server = serve(place)
    status, headers, page = server.ask("GET", "/")
    equal(status, 200)
    if headers["Content-Type"].startswith("text/plain"):
        contains(page.decode(), "-Dweb=enabled")
        return
    for path, kind in [("/", "text/html"), ("/app.js", "text/javascript"),
                       ("/app.css", "text/css"), ("/icon.svg", "image/svg+xml")]:
        status, headers, data = server.ask("GET", path)
        assert status == 200 and headers["Content-Type"].startswith(kind) and data, path
        equal(server.ask("GET", path, If_None_Match=headers["ETag"])[0], 304)
        assert b"http://" not in data.replace(b"http://www.w3.org/", b"") and \
            b"https://" not in data, f"{path} names another host"
        connection = server.connect()
        connection.request("GET", path, headers={"Accept-Encoding": "gzip"})
        equal(gzip.decompress(connection.getresponse().read()), data)
        connection.close()
    contains(page.decode(), "/app.js")


# --- a trial that is nursed ------------------------------------------------------------------

NURSED = """
study: nursed
command: caviar-train --data {data} --lr {lr} --momentum {momentum} --batch 8 --units 8 --epochs
         {steps} --checkpoint {dir}/checkpoints --checkpoint-keep 100000
metric: val_loss
steps: {min: 1, max: 100000}
budget: {trials: 1}
sampler: random
scheduler: none
seed: 1
space:
  lr: {type: float, scale: log, low: 1e-4, high: 1}
  momentum: {type: float, scale: reverse-log, low: 0.5, high: 0.99}
"""


def nurse(place):
    """A study whose one trial trains, and its server."""
    place.write("nursed.yaml", NURSED)
    place.start("run", "nursed.yaml", "--store", place.store, "--set", f"data={place.images(200)}")
    place.wait_for_step(0, 3)
    return serve(place)


def test_a_nudge_reaches_the_trial(place):
    """a nudge from the page reaches a training, a rollback takes it back, and a stop ends it"""
    server = nurse(place)
    path = "/studies/nursed/trials/0"
    before = server.get(path)
    assert before["can_change"] and before["can_restore"], before
    panda.wait_until(lambda: server.get(path)["cpu_ms"], "a look at what the trial takes")
    with panda.Still(place, 0):
        answer = server.post(path + "/nudge", {"changes": {"lr": "x2"}, "note": "faster"})
        doubled = answer["changes"]["lr"]
        assert abs(doubled / before["now"]["lr"] - 2) < 1e-9, (doubled, before["now"])
        waiting, = server.get(path)["nudges"]
        if waiting["state"] == "active":
            raise panda.TooLate("a report from before it stood still was answered with the nudge")
        equal((waiting["state"], waiting["note"]), ("waiting", "faster"))
    panda.wait_until(lambda: server.get(path)["nudges"][0]["state"] == "active", "the nudge")
    equal(server.get(path)["now"]["lr"], doubled)
    equal(server.post(path + "/rollback", {})["to"], server.get(path)["nudges"][0]["step"])
    panda.wait_until(lambda: server.get(path)["nudges"][0]["state"] == "undone", "the rollback")
    fork = server.post(path + "/fork", {"changes": {"lr": 0.01}})
    equal(server.get(f"/studies/nursed/trials/{fork['number']}")["parent"], 0)
    server.post(path + "/stop", {})
    place.wait_for_state(0, "pruned")


def test_what_cannot_be_done_is_said(place):
    """what cannot be done to a trial is an error that says why"""
    server = nurse(place)
    path = "/studies/nursed/trials/0"
    for what, body, status, piece in [
            ("nudge", {"changes": {}}, 400, "nothing is to change"),
            ("nudge", {"changes": {"lt": 1}}, 400, "lr"),
            ("nudge", {"changes": {"lr": 7}}, 400, "lr"),
            ("nudge", {"changes": {"lr": []}}, 400, "a list"),
            ("nudge", {"change": {"lr": 0.1}}, 400, "change"),
            ("rollback", {}, 404, "nudge"),
            ("rollback", {"to": 99999}, 404, "99999"),
            ("rollback", {"to": "x"}, 400, "step"),
            ("fork", {"from": 99999}, 404, "99999")]:
        contains(server.post(f"{path}/{what}", body, status)["error"], piece)
    contains(server.post("/studies/nursed/trials/9/stop", {}, 404)["error"], "9")


if __name__ == "__main__":
    chosen = [ended(test) for name, test in list(globals().items()) if name.startswith("test_")
              and (len(sys.argv) < 2 or any(piece in name for piece in sys.argv[1:]))]
    panda.main(chosen)
