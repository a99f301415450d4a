"""deploy/run.sh with a fake hived and a fake hivectl: what it asks of them, and that it leaves nothing behind."""

import os
import shutil
import signal
import subprocess
import time
import tomllib
from pathlib import Path

import pytest
from conftest import run, write_program

# Both fakes note what they are told in `calls` and read how to behave from files beside it.
HIVED = """#!/usr/bin/python3
import os, signal, sys, time
note = lambda text: open("fake/calls", "a").write(text + "\\n")
mode = open("fake/hived").read()
note("hived " + " ".join(sys.argv[1:]))
if mode == "port taken":
    sys.exit("hived: cannot listen on 127.0.0.1:7420: address in use")
def stop(number, frame):
    note("hived got " + signal.Signals(number).name)
    time.sleep(0.1)
    note("hived stopped")
    os._exit(0)
signal.signal(signal.SIGTERM, stop)
signal.signal(signal.SIGINT, stop)
open("fake/hived.pid", "w").write(str(os.getpid()))
print("starting", "hived ready http=127.0.0.1:4711 door=off node=abc", sep="\\n", flush=True)
if mode == "dies":
    time.sleep(0.5)
    sys.exit("hived: the store failed")
while True:
    time.sleep(60)
"""
HIVECTL = """#!/usr/bin/python3
import sys, time
words = sys.argv[1:]
note = lambda text: open("fake/calls", "a").write(text + "\\n")
note("hivectl " + " ".join(words))
if "keygen" in words:
    for end in (".key", ".pub"):
        open(words[-1] + end, "x").write("key")
elif "sign" in words:
    open("fake/signed", "w").write(sys.stdin.read())
elif "capture" in words:
    mode = open("fake/capture").read()
    if mode == "hangs":
        time.sleep(60)
    if mode == "fails":
        sys.exit("hivectl: it went wrong")
    if mode == "adapter fails":
        sys.exit(2)
elif "import" in words:
    print("Version      0.1.0", "Git sha      0b09d14", "Machine      Their CPU, 8 cores", "METRIC  VALUE", sep="\\n")
elif "show" in words:
    print("the snapshot of", words[-1])
elif "check" in words:
    print("the verdict")
    sys.exit(int(open("fake/verdict").read()))
"""


class Checkout:
    """A checkout with deploy/run.sh and fake programs."""

    def __init__(self, script, folder, env):
        self.folder = folder
        self.env = env
        (folder / "deploy").mkdir(parents=True)
        for each in (script, Path(script).with_name("nodes.sh")):
            shutil.copy(each, folder / "deploy")
        write_program(folder / "build/release/bin/hived", HIVED)
        write_program(folder / "build/release/bin/hivectl", HIVECTL)
        self.write(".gitignore", "/build/\n/fake/\n")
        self.write("deploy/releases/0.1.0.json", "{}")
        for name, text in {"hived": "ok", "capture": "ok", "verdict": "0", "calls": ""}.items():
            self.write(f"fake/{name}", text)

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def read(self, name):
        return (self.folder / name).read_text(encoding="utf-8")

    def git(self, *arguments):
        identity = ["-c", "user.name=A Tester", "-c", "user.email=tester@example.org"]
        result = run(["git", *identity, *arguments], cwd=self.folder, env=self.env)
        assert result.returncode == 0, result.stderr
        return result.stdout.strip()

    def commit(self, tag):
        self.git("add", "-A")
        self.git("commit", "--quiet", "--allow-empty", "-m", "A change")
        self.git("tag", tag)

    def once(self):
        self.write("fake/calls", "")
        return run([self.folder / "deploy/run.sh", "--once"], cwd="/", env=self.env)

    def serve(self):
        """Starts without --once, in a process group of its own as a terminal would."""
        return subprocess.Popen(
            [self.folder / "deploy/run.sh"],
            cwd=self.folder,
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            # An interactive shell gives its children the default; a test runner in the background may not.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
            start_new_session=True,
        )

    def calls(self):
        return self.read("fake/calls").splitlines()

    def asked(self):
        """What hivectl was told without its global options, guardrail commands left out."""
        prefix = "hivectl --url http://127.0.0.1:4711 "
        return [call.removeprefix(prefix) for call in self.calls() if call.startswith(prefix)]

    def node_is_alive(self):
        """Whether hived runs; an ended one that nobody has waited for does not."""
        try:
            status = Path(f"/proc/{self.read('fake/hived.pid')}/stat").read_text(encoding="utf-8")
        except FileNotFoundError:
            return False
        return status.rsplit(")", 1)[1].split()[0] != "Z"


@pytest.fixture
def checkout(root, tmp_path, bare_env):
    made = Checkout(root / "deploy/run.sh", tmp_path / 'a "check\\out"', bare_env)
    made.git("init", "--quiet")
    made.commit("v1")
    return made


def wait_until(condition, what):
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, f"never: {what}"
        time.sleep(0.02)


def read_until(process, text):
    lines = []
    for line in process.stdout:
        lines.append(line)
        if text in line:
            return lines
    raise AssertionError(f"ended without {text!r}: {lines}")


@pytest.mark.parametrize("verdict", [0, 1, 2])
def test_the_first_run_measures_and_compares_with_the_last_release(checkout, verdict):
    checkout.write("fake/verdict", str(verdict))
    result = checkout.once()
    assert result.returncode == verdict, result.stderr
    assert checkout.asked() == [
        "snapshot capture v1 --tier fast",
        "snapshot show v1",
        "snapshot import deploy/releases/0.1.0.json",
        "upgrade check 0.1.0 v1",
    ]
    assert "the snapshot of v1" in result.stdout and "the verdict" in result.stdout
    assert "the reference is release 0.1.0 as deploy/releases/0.1.0.json has it, measured elsewhere" in result.stdout
    assert "0b09d14" in result.stdout and "Their CPU, 8 cores" in result.stdout and "METRIC" not in result.stdout
    assert checkout.calls()[-2:] == ["hived got SIGTERM", "hived stopped"]
    assert not checkout.node_is_alive()


def test_the_last_release_is_the_one_with_the_highest_version(checkout):
    for name in ("0.9.0", "0.10.0"):
        checkout.write(f"deploy/releases/{name}.json", "{}")
    checkout.once()
    assert checkout.asked()[-1] == "upgrade check 0.10.0 v1"


def test_a_release_is_not_compared_with_itself(checkout):
    checkout.write("deploy/releases/0.2.0.json", "{}")
    checkout.commit("0.2.0")
    checkout.once()
    assert checkout.asked()[-1] == "upgrade check 0.1.0 0.2.0"


def test_without_any_release_a_first_run_says_that_there_is_nothing_to_compare_with(checkout):
    (checkout.folder / "deploy/releases/0.1.0.json").unlink()
    checkout.commit("v2")
    result = checkout.once()
    assert result.returncode == 0, result.stderr
    assert checkout.asked() == ["snapshot capture v2 --tier fast", "snapshot show v2"]
    assert "no verdict: there is nothing to compare v2 with" in result.stdout


@pytest.mark.parametrize("verdict", [0, 1, 2])
def test_the_next_version_is_judged_and_the_verdict_is_the_exit_status(checkout, verdict):
    checkout.once()
    checkout.commit("v2")
    checkout.write("fake/verdict", str(verdict))
    result = checkout.once()
    assert result.returncode == verdict
    assert checkout.asked()[-1] == "upgrade check v1 v2"
    assert "the verdict" in result.stdout
    assert not checkout.node_is_alive()


def test_a_failing_upgrade_check_is_no_verdict(checkout):
    checkout.once()
    checkout.commit("v2")
    checkout.write("fake/verdict", "69")
    assert checkout.once().returncode == 1
    assert not checkout.node_is_alive()


def test_the_same_version_again_is_compared_with_the_one_before(checkout):
    for tag in ("v1-first", "v2", "v3"):
        checkout.commit(tag)
        checkout.once()
    checkout.once()
    assert checkout.asked()[-1] == "upgrade check v2 v3"


def test_a_failed_capture_is_told_and_not_remembered(checkout):
    checkout.write("fake/capture", "fails")
    result = checkout.once()
    assert result.returncode == 1
    assert "it went wrong" in result.stderr and "the capture of v1 failed" in result.stderr
    assert not checkout.node_is_alive()
    checkout.write("fake/capture", "ok")
    checkout.commit("v2")
    checkout.once()
    assert checkout.asked()[-1] == "upgrade check 0.1.0 v2"


def test_a_capture_with_a_failed_adapter_is_shown_and_judged_and_ends_with_2(checkout):
    checkout.write("fake/capture", "adapter fails")
    assert checkout.once().returncode == 2
    checkout.commit("v2")
    result = checkout.once()
    assert result.returncode == 2
    assert "the snapshot of v2" in result.stdout
    assert checkout.asked()[-1] == "upgrade check v1 v2"
    checkout.write("fake/verdict", "1")
    assert checkout.once().returncode == 1


def test_a_node_that_does_not_start_is_told_in_its_own_words(checkout):
    checkout.write("fake/hived", "port taken")
    result = checkout.once()
    assert result.returncode == 1
    assert "address in use" in result.stderr
    assert "hived at 127.0.0.1:7420 did not start" in result.stderr
    assert checkout.asked() == []


def test_the_node_gets_a_configuration_over_this_checkout(checkout):
    checkout.once()
    config = tomllib.loads(checkout.read("build/run/hived.toml"))
    here = str(checkout.folder)
    assert config["node"]["checkout"] == here
    assert config["benchmarks"]["regression"]["workdir"] == here
    assert config["benchmarks"]["regression"]["command"][:5] == ["ctest", "--test-dir", "build/release", "-L", "fast-core"]
    assert config["benchmarks"]["guardrail"]["manifest"] == f"{here}/build/run/guardrail.json"
    started = next(call for call in checkout.calls() if call.startswith("hived --config"))
    assert started == "hived --config build/run/hived.toml --data build/run/data --http 127.0.0.1:7420"


def test_the_guardrail_covers_what_git_knows_and_keeps_its_key(checkout):
    checkout.write("größe.txt", "x")
    checkout.write("deleted.txt", "x")
    checkout.commit("v2")
    (checkout.folder / "deleted.txt").unlink()
    (checkout.folder / "link").symlink_to("/etc/hostname")
    checkout.git("add", "link")
    checkout.write("unknown.txt", "x")
    checkout.once()
    assert sorted(checkout.read("fake/signed").splitlines()) == [
        ".gitignore", "deploy/nodes.sh", "deploy/releases/0.1.0.json", "deploy/run.sh", "größe.txt"
    ]
    checkout.once()
    assert not any("keygen" in call for call in checkout.calls())


def test_a_tag_becomes_a_valid_id(checkout):
    checkout.git("tag", "-f", "-a", "-m", "x", f"rel/ü+{'x' * 100}")
    assert checkout.once().returncode == 0
    version = checkout.asked()[0].split()[2]
    assert version.startswith("rel-") and len(version) == 64
    assert version.replace("-", "").isascii() and version.replace("-", "").isalnum()


def test_without_git_the_version_is_unversioned_and_the_guardrail_covers_the_files(checkout):
    shutil.rmtree(checkout.folder / ".git")
    checkout.write("docs/page.md", "x")
    assert checkout.once().returncode == 0
    assert checkout.asked()[0] == "snapshot capture unversioned --tier fast"
    signed = checkout.read("fake/signed").splitlines()
    assert "docs/page.md" in signed and not any(name.startswith("build/") for name in signed)


def test_ctrl_c_stops_the_node_once_and_in_order(checkout):
    process = checkout.serve()
    read_until(process, "Ctrl-C stops")
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(timeout=30) == 0
    assert [call for call in checkout.calls() if call.startswith("hived got")] == ["hived got SIGTERM"]
    assert checkout.calls()[-1] == "hived stopped"
    assert not checkout.node_is_alive()


def test_a_signal_during_the_capture_ends_it_at_once(checkout):
    checkout.write("fake/capture", "hangs")
    process = checkout.serve()
    wait_until(lambda: checkout.asked(), "a capture")
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=30) == 143
    assert not checkout.node_is_alive()


def test_a_killed_script_leaves_no_node_behind(checkout):
    process = checkout.serve()
    read_until(process, "Ctrl-C stops")
    process.kill()
    process.wait(timeout=30)
    wait_until(lambda: not checkout.node_is_alive(), "the node ends")


def test_a_node_that_ends_by_itself_is_told(checkout):
    checkout.write("fake/hived", "dies")
    process = checkout.serve()
    output, _ = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "hived: the store failed" in output


def test_a_second_run_of_the_same_checkout_is_refused(checkout):
    process = checkout.serve()
    read_until(process, "Ctrl-C stops")
    before = checkout.calls()
    second = run([checkout.folder / "deploy/run.sh"], env=checkout.env)
    assert second.returncode == 1
    assert "another" in second.stderr
    assert checkout.calls() == before
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=30) == 0


def test_programs_that_are_not_built_are_named(checkout):
    shutil.rmtree(checkout.folder / "build")
    result = checkout.once()
    assert result.returncode == 1
    assert "make build" in result.stderr
