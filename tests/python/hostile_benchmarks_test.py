"""Benchmarks from git that try to get out of their sandbox, to exhaust the machine or to stay behind; and honest ones that
print what the usual tools print."""

import shutil
import socket
import time
import unittest
from pathlib import Path

import git_installs_test
from git_installs_test import SANDBOX, Repository
from real_node_test import PATIENCE_S

DATA = Path(__file__).resolve().parents[1] / "data/result_files"


def script(text):
    return "#!/bin/sh\n" + text + "\n"


class BenchmarksTest(git_installs_test.GitInstallsTest):
    """Without the tests of its base."""


for name in [name for name in dir(BenchmarksTest) if name.startswith("test_")]:
    setattr(BenchmarksTest, name, None)


@unittest.skipUnless(SANDBOX and SANDBOX.returncode == 0, "sandboxes do not work here")
class HostileTest(BenchmarksTest):
    def config(self):
        return super().config() + "[sandbox]\nmemory_mib = 512\n"

    def attempt(self, text, timeout_s=20):
        """The outcome of a benchmark that runs this, and its value if it has one."""
        name = f"b{len(list(self.allowed.glob('*'))) if self.allowed.exists() else 0}"
        repository = Repository(self.allowed / name).put("run", script(text), 0o755)
        repository.commit()
        self.client.install_benchmark(name, repository.url, ["./run"], metrics_file="results.json", timeout_s=timeout_s)
        return self.measure("v" + name, name)

    def expect_refused(self, text, *words, timeout_s=20):
        value, outcome = self.attempt(text, timeout_s)
        self.assertIsNone(value, outcome)
        self.assertEqual(outcome["status"], "error")
        for word in words:
            self.assertIn(word, outcome["reason"])

    def test_secrets_are_not_there_to_be_read(self):
        home = Path.home() / ".hivemark-test-secret"
        home.write_text("secret", encoding="utf-8")
        self.addCleanup(home.unlink)
        beside = self.place / "secret"
        beside.write_text("secret", encoding="utf-8")
        for secret in (home, beside, Path(self.node.data, "operator.token"), Path("/etc/shadow"), Path(self.node.data, "store")):
            with self.subTest(secret):
                self.assertTrue(secret.exists())
                self.expect_refused(f"ls -d {secret} && cat {secret}", "No such file")

    def test_nothing_is_written_outside(self):
        for place in (self.place, "/usr/bin", "/etc", "/var/tmp", Path.home()):
            with self.subTest(place):
                target = Path(place, "left-by-a-benchmark")
                self.expect_refused(f"echo x > {target}")
                self.assertFalse(target.exists())
        self.assertFalse(Path("/tmp/left-by-a-benchmark").exists() or self.attempt(
            "echo x > /tmp/left-by-a-benchmark; echo '{\"points\": {\"value\": 1, \"direction\": \"higher\"}}' > results.json"
        )[0] is None)
        self.assertFalse(Path("/tmp/left-by-a-benchmark").exists())

    def test_no_socket_leads_out(self):
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)
        listener.settimeout(0.1)
        port = listener.getsockname()[1]
        code = f"import socket; socket.create_connection(('127.0.0.1', {port}), 2)"
        self.expect_refused(f'python3 -c "{code}"', "refused")
        with self.assertRaises(TimeoutError):
            listener.accept()

    def test_a_fork_bomb_ends_with_its_sandbox(self):
        before = self.node_processes()
        self.expect_refused("bomb() { bomb | bomb & }; bomb; wait; sleep 60", timeout_s=5)
        self.await_no_more_than(before)

    def test_memory_is_bounded(self):
        self.expect_refused("dd if=/dev/zero of=/dev/shm/full bs=1M count=20000; dd if=/dev/zero of=/tmp/full bs=1M count=20000; exit 1")
        self.expect_refused("python3 -c \"x = bytearray(3 << 30); print(len(x))\"", "memory")
        self.assertLess(self.rss_mib(), 200)

    def test_endless_output_is_dropped(self):
        self.expect_refused("yes", "time limit", timeout_s=3)
        self.assertLess(self.rss_mib(), 200)

    def test_one_that_ignores_sigterm_is_killed_with_all_its_descendants(self):
        before = self.node_processes()
        self.expect_refused("trap '' TERM; setsid sh -c \"trap '' TERM; sleep 600\" & sleep 600", "time limit", timeout_s=2)
        self.await_no_more_than(before)

    def node_processes(self):
        return sum(1 for each in Path("/proc").glob("[0-9]*/comm") if read(each) in ("sleep", "run", "yes"))

    def await_no_more_than(self, count):
        deadline = time.monotonic() + PATIENCE_S
        while self.node_processes() > count:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.1)


@unittest.skipUnless(SANDBOX and SANDBOX.returncode == 0, "sandboxes do not work here")
class ToolsTest(BenchmarksTest):
    """What benchmarks of the usual tools print becomes metrics, which the gate judges."""

    def judged(self, repository, command, metrics_file, metric, slower, **more):
        self.client.install_benchmark("bench", repository.url, command, metrics_file=metrics_file, **more)
        first = self.client.capture_snapshot("v1", tier="all", adapters=["bench"])
        self.assertEqual(first["adapters"]["bench"]["status"], "ok", first["adapters"])
        self.assertIn(metric, first["metrics"], list(first["metrics"]))
        slower(repository)
        repository.commit()
        self.client.install_benchmark("bench", repository.url, command, metrics_file=metrics_file, **more)
        self.client.capture_snapshot("v2", tier="all", adapters=["bench"])
        verdict = self.client.check_upgrade("v1", "v2")
        self.assertEqual(verdict["verdict"], "regressed", verdict)
        self.assertEqual({each["metric"] for each in verdict["regressions"]}, {metric})
        return first["metrics"][metric]

    @unittest.skipUnless(shutil.which("hyperfine"), "hyperfine is not installed")
    def test_hyperfine(self):
        repository = Repository(self.allowed / "h").put("work", script("sleep 0.02"), 0o755)
        repository.commit()
        found = self.judged(
            repository,
            ["hyperfine", "--runs", "5", "--export-json", "results.json", "-n", "work", "./work"],
            "results.json",
            "work",
            lambda repository: repository.put("work", script("sleep 0.08"), 0o755),
        )
        self.assertEqual((found["unit"], found["direction"], len(found["samples"])), ("ms", "lower", 5))

    def test_pytest_benchmark(self):
        test = "import time\n\ndef test_work(benchmark):\n    benchmark.pedantic(time.sleep, args=(%s,), rounds=5)\n"
        repository = Repository(self.allowed / "p").put("test_work.py", test % 0.01)
        repository.commit()
        found = self.judged(
            repository,
            ["/usr/bin/python3", "-m", "pytest", "-q", "-p", "no:cacheprovider", "--benchmark-json=results.json"],
            "results.json",
            "test_work.py::test_work",
            lambda repository: repository.put("test_work.py", test % 0.05),
        )
        self.assertEqual((found["unit"], found["direction"]), ("ms", "lower"))

    def test_google_benchmark(self):
        code = (
            "#include <benchmark/benchmark.h>\n#include <thread>\n#include <chrono>\n"
            "static void work(benchmark::State& s) { for (auto _ : s) "
            "std::this_thread::sleep_for(std::chrono::milliseconds(%d)); }\n"
            "BENCHMARK(work)->Iterations(5)->Repetitions(3)->UseRealTime();\nBENCHMARK_MAIN();\n"
        )
        repository = Repository(self.allowed / "g").put("work.cpp", code % 5)
        repository.commit()
        self.judged(
            repository,
            ["./work", "--benchmark_out=results.json", "--benchmark_out_format=json"],
            "results.json",
            "work/iterations:5/repeats:3/real_time",
            lambda repository: repository.put("work.cpp", code % 20),
            build_command=["g++", "-O1", "work.cpp", "-o", "work", "-lbenchmark", "-lpthread"],
        )

    def test_criterion(self):
        lines = (DATA / "criterion_messages.txt").read_text(encoding="utf-8")
        repository = Repository(self.allowed / "c").put("results", lines).put("run", script("cp results out.json"), 0o755)
        repository.commit()
        self.client.install_benchmark("bench", repository.url, ["./run"], metrics_file="out.json")
        snapshot = self.client.capture_snapshot("v1", tier="all", adapters=["bench"])
        self.assertEqual(snapshot["adapters"]["bench"]["status"], "ok", snapshot["adapters"])
        self.assertTrue(all(metric["unit"] == "ms" or "/s" in metric["unit"] for metric in snapshot["metrics"].values()))


def read(path):
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError:
        return ""


if __name__ == "__main__":
    unittest.main()
