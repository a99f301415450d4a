"""The drop-in modules of HART OS over a real node, in several processes and under pytest."""

import json
import os
import subprocess
import sys
import unittest

import hartos_tree
import hivemark.hartos
from hartos_test import Service, WithNode
from hivemark.hartos import _places
from hivemark.hartos.integrations.agent_engine import agent_baseline_service as baselines
from real_node_test import PATIENCE_S


class SeveralProcesses(WithNode):
    CAPTURES = 20

    def test_two_processes_number_their_captures_together(self):
        script = self.folder / "capture.py"
        script.write_text(
            "import sys\n"
            "from hivemark.hartos.integrations.agent_engine import agent_baseline_service as baselines\n"
            f"baselines.BASELINE_DIR = {str(self.baselines)!r}\n"
            f"for _ in range({self.CAPTURES}):\n"
            "    print(baselines.AgentBaselineService.capture_snapshot('a', 0, 'manual')['version'])\n")
        env = hartos_tree.environment(self.node)
        running = [subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True, env=env,
                                    cwd=self.folder) for _ in range(2)]
        versions = [int(line) for each in running for line in each.communicate()[0].split()]
        expected = list(range(1, 2 * self.CAPTURES + 1))
        self.assertEqual(sorted(versions), expected)
        files = [json.loads(path.read_text())["version"] for path in (self.baselines / "a_0").iterdir()]
        self.assertEqual(sorted(files), expected)
        self.assertEqual(len(Service.list_snapshots("a", 0)), len(expected))

    def test_a_forked_process_goes_on(self):
        Service.capture_snapshot("a", 0, "manual")
        child = os.fork()
        if child == 0:
            baselines.capture_baseline_async("a", 0, "manual")
            ok = Service.capture_snapshot("b", 0, "manual")["version"] == 1 and hivemark.hartos.flush(PATIENCE_S)
            os._exit(0 if ok else 1)
        self.assertEqual(os.waitpid(child, 0)[1], 0)
        self.assertEqual(Service.get_latest_snapshot("a", 0)["version"], 2)


class Plugin(WithNode):
    """`pytest -p hivemark.hartos.pytest`, with a test in the manner of HART OS's own."""

    def test_string_paths_reach_the_module_and_namespaces_end_with_the_session(self):
        root = hartos_tree.make(self.folder / "tree")
        (root / "test_it.py").write_text(
            "from unittest import mock\n"
            "from integrations.agent_engine.agent_baseline_service import AgentBaselineService\n"
            "PLACE = 'integrations.agent_engine.agent_baseline_service.'\n"
            "@mock.patch(PLACE + 'AgentBaselineService._collect_lightning_metrics', return_value={'avg_reward': 0.5})\n"
            "def test_one(_, tmp_path, monkeypatch):\n"
            "    monkeypatch.setattr(PLACE + 'BASELINE_DIR', str(tmp_path / 'b'))\n"
            "    taken = AgentBaselineService.capture_snapshot('a', 0, 'creation')\n"
            "    assert (taken['version'], taken['lightning_metrics']['avg_reward']) == (1, 0.5)\n"
            "    assert (tmp_path / 'b/a_0/v1.json').is_file()\n")
        known = _places.client_of(None).list_namespaces()["namespaces"]
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "hivemark.hartos.pytest", "test_it.py"],
            cwd=root, env=hartos_tree.environment(self.node), capture_output=True, text=True, check=False)
        self.assertIn("1 passed", done.stdout, done.stderr)
        self.assertIn(self.node.url, done.stdout)
        self.assertEqual({each["id"] for each in _places.client_of(None).list_namespaces()["namespaces"]},
                         {each["id"] for each in known})


if __name__ == "__main__":
    unittest.main()
