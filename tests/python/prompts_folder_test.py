"""The watched prompts folder with a real node: files that come, change, break and go, a folder that vanishes, lost
events, and the regression that stays one."""

import hashlib
import json
import os
import shutil
import signal
import tempfile
import time
import unittest
from datetime import datetime
from pathlib import Path

from agents_test import Http, ok
from real_node_test import PATIENCE_S, Node

MANY = 5000 if os.environ.get("HIVE_SOAK") == "1" else 2000
ROUNDS = "[daemon]\ntick_s = 0.1\nremediate_every = 1\n"


def recipe(rate, actions=1, runs=10, **more):
    action = {"experience": {"success_rate": rate, "run_count": runs}}
    return {"actions": [{"action_id": i + 1, "name": f"step {i}", **action} for i in range(actions)], **more}


class Folder:
    """A prompts folder and a node that watches it."""

    def __init__(self, config=""):
        self._directory = tempfile.TemporaryDirectory()
        self.path = Path(self._directory.name, "prompts")
        self.path.mkdir()
        self.config = f'[node]\nlog_level = "debug"\n[agents]\nprompts = "{self.path}"\n{config}'
        self.node = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.node:
            self.node.__exit__()
        self._directory.cleanup()

    def start(self):
        if self.node:
            self.node.start()
        else:
            self.node = Node(self.config)
        self.ask = Http(self.node)
        return self

    def write(self, name, content):
        """As HART OS writes: into another file, which then takes the place of the old one."""
        text = content if isinstance(content, str) else json.dumps(content)
        (self.path / (name + ".tmp")).write_text(text, encoding="utf-8")
        os.replace(self.path / (name + ".tmp"), self.path / name)

    def agent(self, name):
        status, agent = self.ask("GET", "/agents/" + name)
        return agent if status == 200 else None

    def rate(self, name):
        agent = self.agent(name)
        return agent["present"]["actions"][0]["rate"] if agent and agent["present"].get("actions") else None

    def latest(self, name):
        agent = self.agent(name)
        return agent["latest"] if agent else 0

    def baselines(self, name):
        return [(each["trigger"], each["kind"]) for each in ok(self.ask("GET", f"/agents/{name}/baselines"))["baselines"]]

    def log(self):
        return Path(self.node.data).parent.joinpath("log").read_text(encoding="utf-8", errors="replace")

    def logged(self, text):
        return self.log().count(text)


class FolderTest(unittest.TestCase):
    def eventually(self, condition, what="", patience_s=PATIENCE_S):
        end = time.monotonic() + patience_s
        while not condition():
            self.assertLess(time.monotonic(), end, what)
            time.sleep(0.05)

    def known_before(self, folder, name):
        """An agent that has baselines already, so that no change counts as its creation."""
        ok(folder.ask("PUT", f"/agents/{name}/recipe", recipe(0.9)))
        ok(folder.ask("POST", f"/agents/{name}/baselines", {"trigger": "manual"}))


class FilesTest(FolderTest):
    def test_a_new_recipe_is_an_agent_with_its_creation(self):
        with Folder().start() as folder:
            folder.write("71.json", '{"goal": "reports"}')
            folder.write("71_0_recipe.json", recipe(0.9))
            self.eventually(lambda: folder.latest("71/0") == 1)
            self.assertEqual(folder.baselines("71/0"), [("creation", "capture")])
            newest = ok(folder.ask("GET", "/agents/71/0/baselines/latest"))
            self.assertEqual(newest["metadata"]["prompt_hash"], hashlib.sha256(b'{"goal": "reports"}').hexdigest())

    def test_only_a_changed_structure_is_captured(self):
        with Folder().start() as folder:
            self.known_before(folder, "71/0")
            folder.write("71_0_recipe.json", recipe(0.8))
            self.eventually(lambda: folder.rate("71/0") == 0.8)
            folder.write("71_0_recipe.json", recipe(0.7, actions=2))
            self.eventually(lambda: folder.latest("71/0") == 2)
            folder.write("71_0_recipe.json", recipe(0.6, actions=2))
            self.eventually(lambda: folder.rate("71/0") == 0.6)
            self.assertEqual(folder.baselines("71/0"), [("manual", "capture"), ("recipe_change", "capture")])
            self.assertEqual(folder.agent("71/0")["reference"]["version"], 2)

    def test_a_changed_prompt_is_captured_for_each_of_its_flows_and_a_first_one_for_none(self):
        with Folder().start() as folder:
            for flow in ("0", "1"):
                self.known_before(folder, f"71/{flow}")
                folder.write(f"71_{flow}_recipe.json", recipe(0.9))
            self.known_before(folder, "71_0/1")
            folder.write("71.json", "first")
            first, second = (hashlib.sha256(text).hexdigest() for text in (b"first", b"second"))
            for flow in ("0", "1"):
                self.eventually(lambda: folder.agent(f"71/{flow}").get("prompt_hash") == first)
                self.assertEqual(folder.latest(f"71/{flow}"), 1, "nobody knows what it was before")
            folder.write("71.json", "second")
            for flow in ("0", "1"):
                self.eventually(lambda: folder.latest(f"71/{flow}") == 2)
                self.assertEqual(folder.baselines(f"71/{flow}")[1], ("prompt_change", "capture"))
                self.assertEqual(folder.agent(f"71/{flow}")["prompt_hash"], second)
            folder.write("71.json", "second")
            folder.write("72_0_recipe.json", recipe(0.5))
            self.eventually(lambda: folder.latest("72/0") == 1)
            self.assertEqual((folder.latest("71/0"), folder.latest("71_0/1")), (2, 1))

    def test_a_removed_recipe_is_retired_and_keeps_its_history(self):
        with Folder().start() as folder:
            for name in ("71_0", "72_0"):
                folder.write(name + "_recipe.json", recipe(0.9))
            self.eventually(lambda: folder.latest("71/0") == folder.latest("72/0") == 1)
            os.remove(folder.path / "71_0_recipe.json")
            os.replace(folder.path / "72_0_recipe.json", folder.path / "72_0_recipe.json.optbak")
            for agent in ("71/0", "72/0"):
                self.eventually(lambda: not folder.agent(agent)["present"].get("has_recipe"))
                self.assertEqual(folder.baselines(agent), [("creation", "capture")])
            os.replace(folder.path / "72_0_recipe.json.optbak", folder.path / "72_0_recipe.json")
            self.eventually(lambda: folder.rate("72/0") == 0.9)

    def test_a_recipe_that_returns_as_it_was_is_no_change(self):
        with Folder().start() as folder:
            self.known_before(folder, "71/0")
            folder.write("71_0_recipe.json", recipe(0.8))
            self.eventually(lambda: folder.rate("71/0") == 0.8)
            os.remove(folder.path / "71_0_recipe.json")
            self.eventually(lambda: not folder.agent("71/0")["present"].get("has_recipe"))
            folder.write("71_0_recipe.json", recipe(0.7))
            self.eventually(lambda: folder.rate("71/0") == 0.7)
            folder.write("71_0_recipe.json", recipe(0.7, actions=2))
            self.eventually(lambda: ("recipe_change", "capture") in folder.baselines("71/0"))
            self.assertEqual(folder.baselines("71/0"), [("manual", "capture"), ("recipe_change", "capture")])

    def test_unusable_files_are_named_once_and_cost_nothing_else(self):
        with Folder().start() as folder:
            folder.write("71_0_recipe.json", recipe(0.9))
            self.eventually(lambda: folder.latest("71/0") == 1)
            folder.node.kill()
            outside = folder.path.parent / "outside.json"
            outside.write_text(json.dumps(recipe(0.1)), encoding="utf-8")
            os.symlink(outside, folder.path / "link_0_recipe.json")
            os.mkfifo(folder.path / "pipe_0_recipe.json")
            (folder.path / "huge_0_recipe.json").write_text(json.dumps(recipe(0.9, text="x" * (5 << 20))))
            (folder.path / "71_0_recipe.json").write_text('{"actions": [{"action_id": 1, "exper')  # half of it
            folder.write("half_0_recipe.json", "[1, 2")
            folder.write("71_recipe.json", recipe(0.1))
            folder.write("71_0_1_recipe.json", recipe(0.1))
            folder.write("nulls_0_recipe.json", {"actions": [{"action_id": 1, "experience": None}, None],
                                                 "experience_meta": None})
            folder.write("good_0_recipe.json", recipe(0.7))
            folder.start()
            self.eventually(lambda: folder.latest("good/0") == 1 and folder.latest("nulls/0") == 1)
            for name, why in {"link_0": "symbolic link", "pipe_0": "not a regular file", "huge_0": "larger than",
                              "half_0": "not valid JSON", "71": "is not named"}.items():
                self.eventually(lambda: f"{name}_recipe.json" in folder.log(), name)
                lines = [line for line in folder.log().splitlines() if f"{name}_recipe.json" in line]
                self.assertIn(why, lines[-1])
            self.eventually(lambda: folder.logged("assumptions") >= 1)
            self.assertEqual(folder.rate("71/0"), 0.9, "the half-written one changes nothing")
            for agent in ("link/0", "pipe/0", "huge/0", "half/0", "71_0/1"):
                self.assertIsNone(folder.agent(agent), agent)
            folder.write("71_0_recipe.json", recipe(0.8))
            self.eventually(lambda: folder.rate("71/0") == 0.8)
            self.assertEqual(folder.logged("half_0_recipe.json"), 1)

    def test_what_changed_while_the_node_was_down_is_found_at_its_start(self):
        with Folder().start() as folder:
            for name in ("gone", "changed", "same"):
                folder.write(f"{name}_0_recipe.json", recipe(0.9))
            self.eventually(lambda: all(folder.latest(f"{name}/0") for name in ("gone", "changed", "same")))
            folder.node.kill()
            os.remove(folder.path / "gone_0_recipe.json")
            folder.write("changed_0_recipe.json", recipe(0.6))
            folder.write("new_0_recipe.json", recipe(0.5))
            before = time.time()
            folder.start()
            self.eventually(lambda: folder.latest("new/0") == 1 and folder.rate("changed/0") == 0.6)
            self.eventually(lambda: folder.rate("gone/0") is None)
            self.assertEqual([folder.latest(f"{name}/0") for name in ("gone", "changed", "same")], [1, 1, 1])
            self.assertLess(self.seconds(folder.agent("same/0")["changed_at"]), before)

    @staticmethod
    def seconds(timestamp):
        return datetime.fromisoformat(timestamp.replace("Z", "+00:00")).timestamp()


class FolderGoneTest(FolderTest):
    def test_a_folder_that_moves_away_and_returns_loses_nothing(self):
        with Folder().start() as folder:
            for name in ("71", "72"):
                folder.write(f"{name}_0_recipe.json", recipe(0.9))
            self.eventually(lambda: folder.latest("71/0") == folder.latest("72/0") == 1)
            away = folder.path.parent / "away"
            os.rename(folder.path, away)
            self.eventually(lambda: folder.logged("Prompts folder is gone") == 1)
            (away / "71_0_recipe.json").write_text(json.dumps(recipe(0.6)))
            os.remove(away / "72_0_recipe.json")
            self.eventually(lambda: folder.logged("Prompts folder not watched") == 1)
            self.assertEqual((folder.rate("71/0"), folder.rate("72/0")), (0.9, 0.9))
            os.rename(away, folder.path)
            self.eventually(lambda: folder.rate("71/0") == 0.6 and folder.rate("72/0") is None)
            self.assertEqual(folder.logged("Prompts folder not watched"), 1, "it is said once")
            folder.write("73_0_recipe.json", recipe(0.5))
            self.eventually(lambda: folder.latest("73/0") == 1)

    def test_files_of_a_folder_that_is_removed_as_a_whole_are_not_retired(self):
        with Folder().start() as folder:
            folder.write("71_0_recipe.json", recipe(0.9))
            self.eventually(lambda: folder.latest("71/0") == 1)
            os.kill(folder.node.pid, signal.SIGSTOP)  # so that the node sees all of the removal at once
            try:
                shutil.rmtree(folder.path)
            finally:
                os.kill(folder.node.pid, signal.SIGCONT)
            self.eventually(lambda: folder.logged("Prompts folder is gone") == 1)
            self.assertEqual(folder.rate("71/0"), 0.9)
            folder.path.mkdir()
            folder.write("71_0_recipe.json", recipe(0.9))
            folder.write("72_0_recipe.json", recipe(0.5))
            self.eventually(lambda: folder.latest("72/0") == 1)
            self.assertEqual((folder.latest("71/0"), folder.logged("Recipe retired")), (1, 0))

    def test_a_folder_that_comes_later_and_one_that_is_replaced(self):
        with Folder() as folder:
            folder.path.rmdir()
            folder.start()
            self.eventually(lambda: folder.logged("Prompts folder not watched") == 1)
            folder.path.mkdir()
            folder.write("71_0_recipe.json", recipe(0.9))
            self.eventually(lambda: folder.latest("71/0") == 1)
            folder.path.parent.joinpath("next").mkdir()
            folder.path.parent.joinpath("next/71_0_recipe.json").write_text(json.dumps(recipe(0.4)))
            os.rename(folder.path, folder.path.parent / "old")
            os.rename(folder.path.parent / "next", folder.path)
            self.eventually(lambda: folder.rate("71/0") == 0.4)


class ManyFilesTest(FolderTest):
    def test_thousands_of_files_and_events_that_the_kernel_dropped(self):
        limit = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
        with Folder() as folder:
            for i in range(MANY):
                folder.write(f"{i}_0_recipe.json", recipe(0.9))
            folder.start()
            self.eventually(lambda: ok(folder.ask("GET", "/agents?limit=1"))["known"] == MANY, "", 5 * PATIENCE_S)
            if limit > 10 * 20_000:
                self.skipTest(f"the kernel queues {limit} events")
            os.kill(folder.node.pid, signal.SIGSTOP)
            try:
                written = 0
                while 2 * written < limit:  # each replacement is three events
                    for i in range(MANY):
                        folder.write(f"{i}_0_recipe.json", recipe(0.8, runs=written))
                    written += MANY
                os.remove(folder.path / "7_0_recipe.json")
                folder.write("new_0_recipe.json", recipe(0.5))
            finally:
                os.kill(folder.node.pid, signal.SIGCONT)
            self.eventually(lambda: folder.logged("changed faster than it was read") >= 1)
            self.eventually(lambda: folder.latest("new/0") == 1 and folder.rate("7/0") is None)
            self.eventually(lambda: folder.rate(f"{MANY - 1}/0") == 0.8)
            self.eventually(lambda: all(folder.rate(f"{i}/0") == 0.8 for i in range(MANY) if i != 7), "",
                            5 * PATIENCE_S)
            self.assertEqual(folder.latest("3/0"), 1, "experience alone is not captured")


class RatchetTest(FolderTest):
    def rounds(self, folder, count):
        done = folder.logged("Agents validated")
        self.eventually(lambda: folder.logged("Agents validated") >= done + count)

    def test_a_regression_stays_one_until_somebody_accepts_it_with_a_reason(self):
        with Folder(ROUNDS).start() as folder:
            folder.write("71_0_recipe.json", recipe(0.9))
            self.eventually(lambda: folder.latest("71/0") == 1)
            folder.write("71_0_recipe.json", recipe(0.5))
            self.eventually(lambda: folder.latest("71/0") == 2)
            for i in range(3):
                folder.write("71_0_recipe.json", recipe(0.5 + i / 1000, runs=11 + i))
                self.eventually(lambda: folder.rate("71/0") == 0.5 + i / 1000)
                self.rounds(folder, 2)
                validation = ok(folder.ask("GET", "/agents/71/0/validate"))
                self.assertEqual((validation["passed"], validation["baseline_version"]), (False, 1))
                self.assertEqual(validation["regressions"][0]["metric"], "action_1_success_rate")
            self.assertEqual(folder.baselines("71/0"), [("creation", "capture"), ("intelligence_change", "regression")])
            self.assertEqual(folder.agent("71/0")["state"], "regressed")
            self.assertEqual(folder.ask("POST", "/agents/71/0/accept", {})[0], 400)
            ok(folder.ask("POST", "/agents/71/0/accept", {"reason": "a cheaper model"}))
            self.assertTrue(ok(folder.ask("GET", "/agents/71/0/validate"))["passed"])
            self.eventually(lambda: folder.agent("71/0")["state"] == "healthy")


if __name__ == "__main__":
    unittest.main()
