"""Access to real nodes: tokens that end, are rotated, read again and limited; and the audit of what operators do."""

import concurrent.futures
import hashlib
import http.client
import json
import os
import random
import signal
import subprocess
import tempfile
import threading
import time
import unittest
import unittest.mock
from pathlib import Path

from hivemark import Client
from real_node_test import PATIENCE_S, Node

ACTS = 200 if os.environ.get("HIVE_SOAK") == "1" else 20


def wait_until(holds, told=lambda: ""):
    until = time.monotonic() + PATIENCE_S
    while not holds():
        if time.monotonic() > until:
            raise AssertionError(told())
        time.sleep(0.02)


def entry(name, role, token, **more):
    lines = [f'{key} = {json.dumps(value)}\n' for key, value in more.items()]
    digest = hashlib.sha256(token.encode()).hexdigest()
    return f'[[tokens]]\nname = "{name}"\nrole = "{role}"\nsha256 = "{digest}"\n{"".join(lines)}'


class AccessCase(unittest.TestCase):
    def start(self, tokens=None, config=""):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = Path(directory.name)
        self.file = self.directory / "tokens.toml"
        text = "[http]\n" + config
        if tokens is not None:
            self.file.write_text(tokens, encoding="utf-8")
            text = f'[http]\ntokens_file = "{self.file}"\n' + config
        self.node = Node(text)
        self.addCleanup(self.node.__exit__)

    @property
    def operator(self):
        return Path(self.node.data, "operator.token").read_text(encoding="utf-8").strip()

    def ask(self, token, method="GET", path="/api/v1/snapshots", body=None):
        """Status, headers and JSON of the answer."""
        connection = http.client.HTTPConnection(self.node.endpoint, timeout=PATIENCE_S)
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        try:
            text = None if body is None else json.dumps(body)
            connection.request(method, path, text, headers | {"Content-Type": "application/json"})
            answer = connection.getresponse()
            return answer.status, answer.headers, json.loads(answer.read() or "null")
        finally:
            connection.close()

    def status(self, *arguments, **named):
        return self.ask(*arguments, **named)[0]

    def hivectl(self, *words, token=None):
        """Exit status, standard output and standard error."""
        command = [os.environ["HIVECTL"], "--url", self.node.url, *map(str, words)]
        if token:
            path = self.directory / f"{hashlib.sha256(token.encode()).hexdigest()[:8]}.token"
            path.write_text(token, encoding="utf-8")
            command += ["--token-file", str(path)]
        env = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HIVE_DATA": self.node.data}
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, env=env, check=False)
        return done.returncode, done.stdout, done.stderr

    def reload(self, said="HTTP tokens reloaded"):
        before = self.node.log().count(said)
        os.kill(self.node.pid, signal.SIGHUP)
        wait_until(lambda: self.node.log().count(said) > before, self.node.log)

    def audit(self):
        """All records, oldest first."""
        out, before = [], ""
        while before is not None:
            status, _, page = self.ask(self.operator, path=f"/api/v1/audit?limit=1000{before}")
            self.assertEqual(status, 200)
            out += page["records"]
            before = f"&before={page['next']}" if page.get("next") else None
        return out[::-1]

    def metric(self, **labels):
        text = ",".join(f'{name}="{value}"' for name, value in sorted(labels.items()))
        connection = http.client.HTTPConnection(self.node.endpoint, timeout=PATIENCE_S)
        connection.request("GET", "/metrics", headers={"Authorization": f"Bearer {self.operator}"})
        page = connection.getresponse().read().decode()
        connection.close()
        return next((float(line.split()[-1]) for line in page.splitlines()
                     if line.startswith("hive_audit_total{" + text)), 0)


class ValidityTest(AccessCase):
    def test_a_token_counts_only_within_its_validity(self):
        self.start(entry("old", "read", "a", expires="2026-01-31T12:00:00Z")
                   + entry("new", "read", "b", not_before="2199-01-01T00:00:00+01:00")
                   + entry("now", "read", "c", not_before="2020-01-01T00:00:00Z", expires="2199-01-01T00:00:00Z"))
        status, headers, problem = self.ask("a")
        self.assertEqual((status, problem["detail"]), (401, "token old expired on 2026-01-31T12:00:00Z"))
        self.assertEqual(headers["WWW-Authenticate"], "Bearer")
        status, _, problem = self.ask("b")
        self.assertEqual((status, problem["detail"]), (401, "token new is not valid before 2198-12-31T23:00:00Z"))
        self.assertEqual(self.status("c"), 200)
        self.assertEqual(self.hivectl("snapshot", "list", token="a")[0], 77)

    def test_a_token_that_ends_while_the_node_runs(self):
        until = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3))
        self.start(entry("short", "read", "a", expires=until))
        seen = {self.status("a")}
        wait_until(lambda: seen.add(self.status("a")) or 401 in seen)
        self.assertIn("expired on " + until, self.ask("a")[2]["detail"])

    def test_wrong_and_too_weak_tokens(self):
        self.start(entry("grafana", "read", "a"))
        self.assertEqual((self.status(None), self.status("x")), (401, 401))
        status, _, problem = self.ask("a", "DELETE", "/api/v1/benchmarks/regression")
        self.assertEqual((status, problem["code"]), (403, "forbidden"))
        status, _, complaint = self.hivectl("snapshot", "capture", "v1", token="x")
        self.assertEqual(status, 77)
        self.assertIn("--token-file", complaint)
        self.assertEqual(self.hivectl("snapshot", "capture", "v1", token="a")[0], 77)
        self.assertEqual(self.hivectl("snapshot", "show", "nowhere", token="a")[0], 66)
        self.assertEqual(self.status("a", path="/api/v1/audit"), 403)
        self.assertEqual(self.status("a", path="/api/v1/tokens"), 403)

    def test_a_wrong_file_is_refused_at_the_start_with_its_line(self):
        for wrong, why in ((entry("x", "read", "a", expires="tomorrow"), ":5: tokens.expires must be a time"),
                           (entry("x", "read", "a", expires="2027-01-01T00:00:00"), ":5: tokens.expires must be a time"),
                           (entry("x", "read", "a", per_s=-1), ":5: tokens.per_s must lie"),
                           (entry("x", "read", "a", burst=3), ":5: tokens.burst has no effect"),
                           (entry("x", "read", "a") + entry("y", "read", "a"), ":8: tokens.sha256 is that of token x"),
                           (entry("x", "read", "a", not_before="2027-01-02T00:00:00Z", expires="2027-01-01T00:00:00Z"),
                            ":6: tokens.expires is not after not_before")):
            with self.assertRaises(RuntimeError) as caught:
                self.start(wrong)
            self.assertIn("tokens.toml" + why, str(caught.exception))


class RotationTest(AccessCase):
    def test_a_rotation_interrupts_nobody(self):
        self.start(entry("ci", "record", "first"))
        failed, done, ended = [], [0], threading.Event()

        def use(token):
            while not ended.is_set():
                status = self.status(token())
                if status != 200:
                    failed.append((token(), status))
                done[0] += 1

        current = ["first"]
        threads = [threading.Thread(target=use, args=(lambda: current[0],)) for _ in range(4)]
        for thread in threads:
            thread.start()
        try:
            for _ in range(5):
                before = done[0]
                status, secret, complaint = self.hivectl("token", "create", "ci", "--role", "record", "--expires", "1d",
                                                         "--file", self.file)
                self.assertEqual(status, 0, complaint)
                self.assertEqual(len(secret.strip()), 64)
                self.reload()
                old, current[0] = current[0], secret.strip()
                wait_until(lambda: done[0] > before + 25)
                ids = [hashlib.sha256(old.encode()).hexdigest()[:12]]
                self.assertEqual(self.hivectl("token", "revoke", "ci", "--id", *ids, "--file", self.file)[0], 0)
                time.sleep(0.2)  # requests with the old token that have begun
                self.reload()
                self.assertEqual(self.status(old), 401)
            wait_until(lambda: done[0] >= 100)
        finally:
            ended.set()
            for thread in threads:
                thread.join()
        self.assertEqual(failed, [])
        print(done[0], "requests while the token was rotated 5 times")

    def test_a_broken_file_leaves_the_tokens_and_names_the_line(self):
        self.start(entry("ci", "read", "a"))
        for wrong, where in (("[[tokens]]\nname = 1\n", ":2: tokens.name must be a string"), ("[[tokens]\n", ":1: "),
                             ("", " holds no [[tokens]]")):
            self.file.write_text(wrong, encoding="utf-8")
            self.reload("HTTP tokens not reloaded")
            self.assertIn(str(self.file) + where, self.node.log())
            self.assertEqual((self.status("a"), self.status(None)), (200, 401))

    def test_the_last_token_can_be_revoked_and_the_node_stays_closed(self):
        self.start(entry("ci", "record", "a") + "# a remark\n")
        self.assertEqual(self.hivectl("token", "revoke", "ci")[0], 0)  # the node says which file
        self.assertIn("# a remark", self.file.read_text(encoding="utf-8"))
        self.reload()
        self.assertEqual((self.status("a"), self.status(None), self.status(self.operator)), (401, 401, 200))
        self.node.kill()
        self.node.start()
        self.assertEqual((self.status("a"), self.status(None), self.status(self.operator)), (401, 401, 200))
        status, secret, _ = self.hivectl("token", "create", "ci", "--role", "read")
        self.assertEqual(status, 0)
        self.reload()
        self.assertEqual(self.status(secret.strip()), 200)

    def test_what_hivectl_does_with_the_file(self):
        self.start(entry("ci", "record", "a", per_s=5))
        self.file.chmod(0o640)
        status, out, _ = self.hivectl("--json", "token", "create", "grafana", "--role", "read", "--per-s", "10",
                                      "--burst", "20", "--expires", "2199-01-01T00:00:00Z", "--file", self.file)
        made = json.loads(out)
        self.assertEqual((status, made["role"], made["expires"]), (0, "read", "2199-01-01T00:00:00Z"))
        self.assertNotIn(made["token"], self.file.read_text(encoding="utf-8"))
        self.assertEqual(self.file.stat().st_mode & 0o777, 0o640)
        self.assertEqual([path.name for path in self.directory.iterdir()], ["tokens.toml"])
        self.reload()
        self.assertEqual(self.status(made["token"]), 200)
        for words in ((), ("--file", self.file)):
            listed = json.loads(self.hivectl("--json", "token", "list", *words)[1])["tokens"]
            self.assertEqual([(each["name"], each["role"], each["valid"]) for each in listed],
                             [("ci", "record", True), ("grafana", "read", True)])
            self.assertEqual((listed[1]["per_s"], listed[1]["burst"], listed[1]["id"]), (10, 20, made["id"]))
            self.assertNotIn("last_used", listed[0])
            self.assertIn("last_used", listed[1])
        self.assertEqual(self.hivectl("token", "revoke", "nobody", "--file", self.file)[0], 66)
        self.assertEqual(self.hivectl("token", "create", "x", "--role", "admin", "--file", self.file)[0], 64)
        self.assertEqual(self.hivectl("token", "create", "x", "--role", "read", "--expires", "soon",
                                      "--file", self.file)[0], 64)
        self.assertEqual(self.hivectl("token", "create", "x", "--role", "read", "--file", "/nowhere/t.toml")[0], 74)
        fresh = self.directory / "fresh.toml"
        self.assertEqual(self.hivectl("token", "create", "x", "--role", "read", "--file", fresh)[0], 0)
        self.assertEqual(fresh.stat().st_mode & 0o777, 0o600)

    def test_several_hivectl_at_once_lose_no_token(self):
        self.start(entry("ci", "record", "a"))
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            results = list(pool.map(lambda i: self.hivectl("token", "create", f"t{i}", "--role", "read", "--file", self.file),
                                    range(16)))
        self.assertEqual([result[0] for result in results], [0] * 16)
        self.reload()
        self.assertEqual([self.status(result[1].strip()) for result in results], [200] * 16)


class RateTest(AccessCase):
    def test_a_token_that_is_used_too_often_is_told_when_to_come_again(self):
        self.start(entry("slow", "read", "a", per_s=0.5, burst=3) + entry("fast", "read", "b"))
        answers = [self.ask("a") for _ in range(10)]
        statuses = [answer[0] for answer in answers]
        self.assertEqual(statuses[:3], [200] * 3)
        self.assertIn(429, statuses)
        status, headers, problem = next(answer for answer in answers if answer[0] == 429)
        self.assertIn(int(headers["Retry-After"]), (1, 2))
        self.assertEqual((problem["status"], headers["Content-Type"]), (429, "application/problem+json"))
        self.assertIn("token slow", problem["detail"])
        self.assertEqual({self.status("b") for _ in range(20)}, {200})
        self.assertEqual({self.status("a", path="/healthz") for _ in range(5)}, {200})
        wait_until(lambda: self.status("a") == 200)
        while self.status("a") == 200:
            pass
        self.assertEqual(self.hivectl("snapshot", "list", token="a")[0], 69)

    def test_the_rate_of_all_tokens_and_of_one(self):
        self.start(entry("all", "read", "a") + entry("own", "read", "b", per_s=0), config="per_s = 0.01\nburst = 2\n")
        self.assertEqual([self.status("a") for _ in range(3)], [200, 200, 429])
        self.assertEqual({self.status("b") for _ in range(20)}, {200})
        self.assertEqual({self.status(self.operator) for _ in range(20)}, {200})


class AuditTest(AccessCase):
    def register(self, name, token=None):
        return self.ask(token or self.operator, "POST", "/api/v1/benchmarks", {"name": name, "command": ["/bin/true"]})

    def registered(self):
        listed = self.ask(self.operator, path="/api/v1/benchmarks")[2]["benchmarks"]
        return {each["name"] for each in listed if each["name"].startswith("b")} - {"baselines"}

    def test_an_act_has_one_record_with_its_answer(self):
        self.start(entry("release", "operate", "a") + entry("ci", "record", "b"))
        self.assertEqual(self.register("b1", "a")[0], 201)
        self.assertEqual(self.status("a", "DELETE", "/api/v1/benchmarks/b1"), 200)
        self.assertEqual(self.status(self.operator, "DELETE", "/api/v1/benchmarks/b1"), 404)
        self.assertEqual(self.status("b", "DELETE", "/api/v1/benchmarks/b2"), 403)
        self.assertEqual(self.status("x", "DELETE", "/api/v1/benchmarks/b3"), 401)
        wait_until(lambda: len(self.audit()) == 5)
        told = [(each["kind"], each.get("who"), each["role"], each["method"], each["path"], each.get("status"),
                 each.get("refused", False)) for each in self.audit()]
        one = "/api/v1/benchmarks/b1"
        self.assertEqual(told[:4], [
            ("token", "release", "operate", "POST", "/api/v1/benchmarks", 201, False),
            ("token", "release", "operate", "DELETE", one, 200, False),
            ("operator", "operator", "operate", "DELETE", one, 404, False),
            ("token", "ci", "record", "DELETE", "/api/v1/benchmarks/b2", None, True)])
        self.assertEqual(told[4][:3] + told[4][4:], ("open", None, "anyone", "/api/v1/benchmarks/b3", None, True))
        first, second = self.audit()[0], self.audit()[1]
        self.assertEqual((first["from"], first["subject"], second["route"]),
                         ("127.0.0.1", "name=b1", "/api/v1/benchmarks/{name}"))
        self.assertLessEqual(first["at"], first["answered_at"])
        self.assertEqual(self.metric(result="done", role="operate"), 2)
        self.assertEqual(self.metric(result="failed", role="operate"), 1)
        self.assertEqual(self.metric(result="refused", role="record"), 1)
        self.assertEqual(self.metric(result="refused", role="anyone"), 1)

    def test_what_needs_no_operator_is_not_audited_and_refusals_are_sampled(self):
        self.start()
        self.assertEqual(self.status(None, "POST", "/api/v1/snapshots", {"version": "v1"}), 201)
        self.assertEqual(self.status(None), 200)
        self.assertEqual({self.status(None, "DELETE", f"/api/v1/benchmarks/b{i}") for i in range(60)}, {403})
        wait_until(lambda: self.metric(result="refused", role="record") == 60)
        self.assertTrue(20 <= len(self.audit()) <= 25, len(self.audit()))

    def test_in_a_namespace(self):
        self.start()
        connection = http.client.HTTPConnection(self.node.endpoint, timeout=PATIENCE_S)
        headers = {"Authorization": f"Bearer {self.operator}", "Hivemark-Namespace": "trial"}
        body = json.dumps({"name": "b1", "command": ["/bin/true"]})
        connection.request("POST", "/api/v1/benchmarks", body, headers | {"Content-Type": "application/json"})
        self.assertEqual(connection.getresponse().status, 201)
        connection.close()
        self.assertEqual([(each["namespace"], each["status"]) for each in self.audit()], [("trial", 201)])

    def test_clients_read_it(self):
        self.start()
        for i in range(3):
            self.register(f"b{i}")
        with unittest.mock.patch.dict(os.environ, HIVE_DATA=self.node.data), Client(self.node.url) as client:
            page = client.list_audit(limit=2)
            self.assertEqual([each["subject"] for each in page["records"]], ["name=b2", "name=b1"])
            self.assertEqual([each["subject"] for each in client.list_audit(before=page["next"])["records"]], ["name=b0"])
            self.assertEqual(client.list_audit(since="2199-01-01T00:00:00Z")["records"], [])
            self.assertEqual(client.list_tokens()["tokens"], [])
        status, out, _ = self.hivectl("audit", "list", "--since", "1h", "--json-lines")
        lines = [json.loads(line) for line in out.splitlines()]
        self.assertEqual((status, [each["subject"] for each in lines]), (0, ["name=b0", "name=b1", "name=b2"]))
        table = self.hivectl("audit", "list")[1]
        self.assertIn("POST /api/v1/benchmarks name=b2", table)
        self.assertEqual(len(json.loads(self.hivectl("--json", "audit", "list")[1])["records"]), 3)

    def test_acts_that_are_no_write_have_a_record_while_they_run(self):
        backups = tempfile.TemporaryDirectory()
        self.addCleanup(backups.cleanup)
        self.start()
        status, _, _ = self.ask(self.operator, "POST", "/api/v1/backups", {"to": backups.name + "/b"})
        self.assertEqual(status, 201)
        self.assertEqual([(each["path"], each["status"]) for each in self.audit()], [("/api/v1/backups", 201)])

    def test_an_act_that_cannot_be_recorded_is_refused(self):
        self.start()
        self.register("b1")
        self.node.kill()
        config = Path(self.node.data).parent / "hived.toml"
        disk = os.statvfs(self.node.data)
        free_mib = disk.f_bavail * disk.f_frsize >> 20
        if not 4096 < free_mib < 1 << 20:
            self.skipTest("the disk is too small or too large to be made full by a setting")
        config.write_text(f"[store]\nmin_free_mib = {free_mib - 2048}\n", encoding="utf-8")
        filler = Path(self.node.data).parent / "filler"
        self.node.start()
        with filler.open("wb") as out:
            os.posix_fallocate(out.fileno(), 0, 3072 << 20)
        try:
            status, _, problem = self.ask(self.operator, "DELETE", "/api/v1/benchmarks/b1")
        finally:
            filler.unlink()
        self.assertEqual((status, problem["code"]), (507, "storage_failed"))
        self.assertEqual(self.registered(), {"b1"})

    def test_after_kill_9_every_act_has_exactly_one_record(self):
        seed = int(os.environ.get("HIVE_SEED") or random.SystemRandom().randrange(2**32))
        print("seed", seed)
        choose = random.Random(seed)
        self.start()
        answers = {}

        def act(what):
            method, name = what
            try:
                if method == "POST":
                    answers[what] = self.register(name)[0]
                else:
                    answers[what] = self.status(self.operator, "DELETE", f"/api/v1/benchmarks/{name}")
            except (OSError, http.client.HTTPException, ValueError):
                pass  # the node was killed first

        names = [f"b{i}" for i in range(ACTS)]
        for name in names[::2]:
            act(("POST", name))
        acts = [("DELETE", name) if i % 2 == 0 else ("POST", name) for i, name in enumerate(names)]
        killer = threading.Timer(choose.uniform(0, 0.05), self.node.kill)
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            killer.start()
            list(pool.map(act, acts))
        killer.join()
        self.node.start()
        left = self.registered()
        records = {}
        for each in self.audit():
            name = each["subject"].split("=")[1] if each["method"] == "POST" else each["path"].split("/")[-1]
            records.setdefault((each["method"], name), []).append(each)
        for what, status in answers.items():
            self.assertEqual([each["status"] for each in records[what]], [status], what)
        effects = {("POST", name) for name in left} | {("DELETE", name) for name in names[::2] if name not in left}
        for what in effects:
            self.assertEqual(len(records.get(what, ())), 1, what)
        for what in records:
            self.assertEqual(len(records[what]), 1, what)
        open_ones = sum("status" not in each[0] for each in records.values())
        print(f"{len(answers)} of {len(acts) + len(names[::2])} acts answered, {len(effects)} took effect, "
              f"{len(records)} records, {open_ones} of them without an answer")


if __name__ == "__main__":
    unittest.main()
