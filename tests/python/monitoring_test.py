"""What Prometheus reads of a real node: the page, the rules, the board, and a real Prometheus where there is one."""

import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.parse
import urllib.request
from pathlib import Path

from hivemark import Client
from real_node_test import Node
from recorder_case import free_port

ROOT = Path(__file__).resolve().parents[2]
MONITORING = ROOT / "deploy/monitoring"
PROMTOOL, PROMETHEUS = shutil.which("promtool"), shutil.which("prometheus")
# Series that a quiet node without certificates, GPUs, agents, captures and upgrades has no reason to show.
ONLY_WITH_CAUSE = {
    "hive_link_round_trip_seconds", "hive_slots_refused_total", "hive_tls_certificate_expiry_timestamp_seconds", "hive_upgrade_open_seconds",
    "hive_upgrade_verdicts_total", "hive_upgrade_overruled_total", "hive_upgrade_overruled_share", "hive_gpu_state", "hive_gpu_memory_bytes",
    "hive_gpu_leased_bytes", "hive_gpu_free_bytes", "hive_metric_regressed", "hive_metric_level", "hive_metric_change_ratio", "hive_backups",
    "hive_backup_bytes", "hive_backup_last_success_timestamp_seconds", "hive_backup_last_verified_timestamp_seconds", "hive_backup_failed",
    "hive_audit_total",
}
RECORDED = {"hive:http_request_duration_seconds:p99", "hive:http_errors:ratio", "hive:members:active"}


def fetch(url):
    with urllib.request.urlopen(url, timeout=60) as answer:
        return answer.read().decode()


def documented():
    text = (ROOT / "docs/reference/metrics.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `")]
    return {name for row in rows for name in re.findall(r"`([a-z_]+)`", row)}


def shown(page):
    return {line.split()[2] for line in page.splitlines() if line.startswith("# TYPE ")}


def expressions():
    board = json.loads((MONITORING / "hivemark-board.json").read_text(encoding="utf-8"))
    return [target["expr"] for panel in board["panels"] for target in panel.get("targets", [])]


def metric_names(text):
    """Metrics of Hivemark that an expression or a file of rules names."""
    return set(re.findall(r"\b(?:hive_[a-z_]+|hive:[a-z_:0-9]+)", text))


def base(name):
    return re.sub(r"_(bucket|sum|count)$", "", name) if name.startswith("hive_http_request_duration") else name


class MonitoringTest(unittest.TestCase):
    def put(self, node, metrics):
        """Lets the node measure so many metrics: only what a node measured itself is its metric."""
        script = ("import json; print(json.dumps({'metrics': {f'metric{n}': {'value': n, 'direction': 'lower', 'unit': 'ms'} "
                  f"for n in range({metrics})}}}}))")
        with Client(node.url, token_file=node.data + "/operator.token", timeout_s=60) as client:
            client.register_benchmark("bench", [sys.executable, "-c", script])
            self.assertEqual(client.capture_snapshot("v1", adapters=["bench"])["adapters"]["bench"]["status"], "ok")

    def test_every_metric_is_documented_and_every_documented_one_exists(self):
        with Node() as node:
            fetch(node.url + "/healthz")
            page = fetch(node.url + "/metrics")
        self.assertEqual(shown(page) - documented(), set())
        missing = documented() - shown(page) - ONLY_WITH_CAUSE
        self.assertEqual({name for name in missing if not name.startswith(("hive_adapter_", "hive_metric_value", "hive_capture_last"))}, set())

    @unittest.skipUnless(PROMTOOL, "promtool (package prometheus) is not installed")
    def test_promtool_finds_nothing(self):
        with Node() as node:
            self.put(node, 5)
            page = fetch(node.url + "/metrics")
        done = subprocess.run([PROMTOOL, "check", "metrics"], input=page, text=True, capture_output=True, check=False)
        self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""))
        subprocess.run([PROMTOOL, "check", "rules", MONITORING / "hivemark.rules.yml"], check=True, capture_output=True)
        subprocess.run([PROMTOOL, "test", "rules", MONITORING / "hivemark.rules.test.yml"], check=True, capture_output=True)

    def test_rules_and_board_name_only_what_exists(self):
        rules = (MONITORING / "hivemark.rules.yml").read_text(encoding="utf-8")
        used = metric_names(rules) | metric_names(" ".join(expressions()))
        self.assertEqual({base(name) for name in used} - documented() - RECORDED, set())

    def test_each_alert_has_its_page(self):
        rules = (MONITORING / "hivemark.rules.yml").read_text(encoding="utf-8")
        pages = re.findall(r"runbook: (\S+)", rules)
        self.assertEqual(len(pages), rules.count("alert:"))
        self.assertEqual([page for page in pages if not (ROOT / page).is_file()], [])

    def test_the_board(self):
        board = json.loads((MONITORING / "hivemark-board.json").read_text(encoding="utf-8"))
        ids = [panel["id"] for panel in board["panels"]]
        self.assertEqual(len(ids), len(set(ids)))
        self.assertNotIn("__inputs", board)
        for panel in board["panels"]:
            if panel["type"] != "row":
                self.assertEqual(panel["datasource"]["uid"], "${datasource}", panel["title"])
        if not PROMTOOL:
            return
        rules = "groups:\n- name: board\n  rules:\n" + "".join(
            f"  - record: board:{number}\n    expr: {json.dumps(expr.replace('$instance', '.*').replace('$adapter', '.*').replace('$metric', '.*'))}\n"
            for number, expr in enumerate(expressions()))
        with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
            file.write(rules)
            file.flush()
            done = subprocess.run([PROMTOOL, "check", "rules", file.name], capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 0, done.stderr)

    def test_ten_thousand_series(self):
        with Node(config="[http]\nmetric_series = 100000\n") as node:
            self.put(node, 10_000)
            times = []
            for _ in range(5):
                begun = time.monotonic()
                page = fetch(node.url + "/metrics")
                times.append(time.monotonic() - begun)
            self.assertEqual(sum(line.startswith("hive_metric_value{") for line in page.splitlines()), 10_000)
            print(f"a page of 10,000 series takes {sorted(times)[2] * 1000:.0f} ms (median of 5)")
        with Node() as node:
            self.put(node, 10_000)
            page = fetch(node.url + "/metrics")
            self.assertEqual(sum(line.startswith("hive_metric_value{") for line in page.splitlines()), 2_000)
            self.assertIn("hive_metric_series_left_out 8000\n", page)

    @unittest.skipUnless(PROMETHEUS, "prometheus is not installed")
    def test_a_real_prometheus_scrapes_a_node(self):
        with Node() as node, tempfile.TemporaryDirectory() as place:
            self.put(node, 3)
            config = Path(place, "prometheus.yml")
            config.write_text(f"global:\n  scrape_interval: 1s\nrule_files: [{MONITORING}/hivemark.rules.yml]\nscrape_configs:\n"
                              f"- job_name: hivemark\n  static_configs:\n  - targets: ['{node.endpoint}']\n", encoding="utf-8")
            address = f"127.0.0.1:{free_port()}"
            process = subprocess.Popen([PROMETHEUS, f"--config.file={config}", f"--storage.tsdb.path={place}/data", f"--web.listen-address={address}"],
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                self.assertEqual(self.ask(address, 'hive_metric_value{metric="metric2"}'), "2")
                self.assertEqual(self.ask(address, 'up{job="hivemark"}'), "1")
            finally:
                process.kill()
                process.wait()

    def ask(self, address, query):
        end = time.monotonic() + 60
        while time.monotonic() < end:
            try:
                answer = json.loads(fetch(f"http://{address}/api/v1/query?query=" + urllib.parse.quote(query)))
                if answer["data"]["result"]:
                    return answer["data"]["result"][0]["value"][1]
            except OSError:
                pass
            time.sleep(0.5)
        self.fail(f"Prometheus has no {query}")


if __name__ == "__main__":
    unittest.main()
