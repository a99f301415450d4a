"""Completion in the shells: every command and option, names of a node, and nothing when there is no node."""

import http.server
import json
import os
import pty
import re
import select
import shutil
import subprocess
import threading
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HIVECTL = os.environ["HIVECTL"]
SCRIPTS = ROOT / "deploy/completion"
DEAD_URL = "http://127.0.0.1:9"
PATIENCE_S = 200 # for hundreds of starts on a busy machine

# Reads lines of words with the unit separator between them, and prints what bash would offer for the last.
BASH_LOOP = r"""
source "$1"
compopt() { :; } # only bash itself may call it
while IFS= read -r line; do
  mapfile -t -d $'\x1f' words < <(printf '%s' "$line")
  [[ $line != *$'\x1f' ]] || words+=("")
  COMP_WORDS=(hivectl "${words[@]}") COMP_CWORD=${#words[@]}
  current=${words[-1]}
  _hivectl "$2" "$current" ""
  printf '%s\x1f' "${COMPREPLY[@]}"
  echo
done
"""


def environment(url=DEAD_URL):
    keep = {name: value for name, value in os.environ.items() if not name.startswith("HIVE")}
    return {**keep, "HIVE_URL": url, "LC_ALL": "C.UTF-8", "PATH": f"{Path(HIVECTL).parent}:{os.environ['PATH']}"}


def bash(lines, url=DEAD_URL, cwd=None):
    """What bash offers for each of these lists of words, the last of which is at the cursor."""
    given = "".join("\x1f".join(words) + "\n" for words in lines)
    done = subprocess.run(["bash", "-c", BASH_LOOP, "bash", str(SCRIPTS / "hivectl.bash"), HIVECTL], input=given, cwd=cwd,
                          capture_output=True, text=True, env=environment(url), timeout=PATIENCE_S, check=True)
    assert done.stderr == ""
    return [[one for one in line.split("\x1f") if one] for line in done.stdout.splitlines()]


def help_of(words):
    done = subprocess.run([HIVECTL, "help", *words], capture_output=True, text=True, env=environment(), check=True)
    return done.stdout


def section(text, heading):
    """The lines of a part of the help."""
    part = re.search(rf"^{heading}:\n((?:  .*\n)*)", text, re.M)
    return part[1].splitlines() if part else []


def tree(words=()):
    """Each command with its subcommands and options, read from what people read: the help."""
    text = help_of(words)
    below = [line.split()[0] for line in section(text, "Subcommands") if re.match(r"  \S", line)]
    options = re.findall(r"^  (?:-\w,)?(--[\w-]+)", text, re.M)
    yield list(words), below, options
    for name in below:
        yield from tree((*words, name))


@pytest.fixture(scope="module")
def commands():
    found = list(tree())
    assert len(found) > 60, "the help was not read"
    return found


def test_every_command_completes(commands):
    named = [(words, name) for words, below, _ in commands for name in below]
    offered = bash([[*words, name[:-1]] for words, name in named])
    missing = [(words, name) for (words, name), found in zip(named, offered) if name not in found]
    assert missing == [] and len(named) > 60


def test_every_option_completes(commands):
    named = [(words, name) for words, _, options in commands for name in options]
    offered = bash([[*words, name] for words, name in named])
    missing = [(words, name) for (words, name), found in zip(named, offered) if name not in found]
    assert missing == [] and len(named) > 300


def test_help_names_commands():
    assert bash([["help", "snapshot", "capt"]]) == [["capture", "captures"]]


def test_choices():
    lines = [["snapshot", "capture", "v1", "--tier", ""], ["snapshot", "capture", "--tier", "=", "h"], ["snapshot", "capture", "--tier", "="],
             ["node", "issue", "--role", "e"]]
    assert bash(lines) == [["fast", "heavy", "all"], ["heavy"], ["fast", "heavy", "all"], ["engine"]]


def test_files_and_directories(tmp_path):
    (tmp_path / "a file.json").write_text("{}")
    (tmp_path / "a folder").mkdir()
    lines = [["snapshot", "import", "a"], ["node", "issue", "--ca", "a"], ["gpu", "run", "--", "a"]]
    files, folders, behind = bash(lines, cwd=tmp_path)
    assert sorted(files) == sorted(behind) == ["a file.json", "a folder"]
    assert folders == ["a folder"]


def test_nothing_after_the_last_argument_or_an_unknown_option():
    assert bash([["snapshot", "show", "v1", "x"], ["snapshot", "show", "--no-such", "--no-such-"]]) == [[], []]


ANSWERS = {
    "/api/v1/snapshots": {"snapshots": [{"version": "v1.0"}, {"version": "v2.0"}, {"version": "$(touch pwned)"}, {"version": "a b"}]},
    "/api/v1/benchmarks": {"benchmarks": [{"name": "guardrail"}]},
    "/api/v1/hive/nodes": {"nodes": [{"id": "n1"}]},
    "/api/v1/tools/summary": {"by_tool": [{"tool": "aider"}], "by_task_type": [{"task_type": "bug_fix", "tool": "aider"}]},
    "/api/v1/agents": {"agents": [{"prompt_id": "p", "flow_id": "f"}]},
    "/api/v1/tracks": {"tracks": [{"track": "default", "version": "v1"}]},
    "/api/v1/namespaces": {"namespaces": [{"id": "space1"}]},
    "/api/v1/results/latest": {"results": {"regression.test_pass_rate": {"value": 1}}},
}


class FakeNode(http.server.BaseHTTPRequestHandler):
    def do_GET(self):  # noqa: N802
        self.server.asked.append((self.path, dict(self.headers)))
        answer = ANSWERS.get(self.path.split("?")[0])
        body = json.dumps(answer).encode()
        self.send_response(200 if answer else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def node():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), FakeNode) as server:
        server.asked = []
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        server.url = f"http://127.0.0.1:{server.server_port}"
        yield server
        server.shutdown()
        thread.join()


def test_names_come_from_the_node(node):
    lines = [["upgrade", "check", ""], ["upgrade", "check", "v1.0", "v2"], ["snapshot", "capture", "v3", "--adapter", ""],
             ["tool", "best", ""], ["task", "record", "bug_fix", ""], ["agent", "show", ""], ["--namespace", ""],
             ["snapshot", "history", "reg"], ["upgrade", "list", "--track", ""]]
    assert bash(lines, node.url) == [["v1.0", "v2.0"], ["v2.0"], ["guardrail"], ["bug_fix"], ["aider"], ["p/f"], ["space1"],
                                     ["regression.test_pass_rate"], ["default"]]


def test_names_that_a_shell_would_run_are_left_out(node):
    assert bash([["upgrade", "check", "$"], ["upgrade", "check", "a"]], node.url) == [[], []]


def test_options_before_the_cursor_choose_the_node(node, tmp_path):
    (tmp_path / "token").write_text("secret\n")
    lines = [["--url", node.url, "--token-file", str(tmp_path / "token"), "--namespace", "space1", "snapshot", "show", "v1"]]
    assert bash(lines) == [["v1.0"]]
    headers = node.asked[0][1]
    assert headers["Authorization"] == "Bearer secret" and headers["Hivemark-Namespace"] == "space1"


def test_a_node_that_is_down_or_silent_is_not_waited_for(tmp_path):
    import socket
    with socket.socket() as silent:  # accepts by itself, and answers nothing
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        for what, url in (("down", DEAD_URL), ("silent", f"http://127.0.0.1:{silent.getsockname()[1]}")):
            begin = time.monotonic()
            assert bash([["upgrade", "check", ""]], url) == [[]]
            print(f"\nthe node is {what}: {(time.monotonic() - begin) * 1000:.0f} ms with the start of bash")


def test_fish():
    if not shutil.which("fish"):
        pytest.skip("fish is not installed")
    script = f"source {SCRIPTS}/hivectl.fish; complete -C 'hivectl snapshot capt'; complete -C 'hivectl node issue --role '"
    done = subprocess.run(["fish", "--no-config", "-c", script], capture_output=True, text=True, env=environment(), timeout=PATIENCE_S, check=True)
    assert done.stdout.splitlines() == ["capture\tMeasure a version now and keep the result",
                                        "captures\tList all captures of a version, deleted ones too", "engine", "node"]


def type_into(shell, prepared, keys, expected):
    """Types into a shell with a terminal; the text on its screen once `expected` is there."""
    child, terminal = pty.fork()
    if child == 0:
        os.execvpe(shell[0], shell, {**environment(), "TERM": "dumb", "PS1": "% "})
    screen = ""

    def read_until(text):
        nonlocal screen
        deadline = time.monotonic() + PATIENCE_S
        while text not in screen:
            ready, _, _ = select.select([terminal], [], [], max(0, deadline - time.monotonic()))
            assert ready, f"no {text!r} in {screen!r}"
            screen += os.read(terminal, 4096).decode()

    try:
        os.write(terminal, (prepared + "; echo pre''pared\n").encode())
        read_until("prepared\r\n")
        screen = ""
        os.write(terminal, keys.encode())
        read_until(expected)
    finally:
        os.close(terminal)
        os.kill(child, 9)
        os.waitpid(child, 0)
    return screen


def test_the_tab_key_in_bash():
    type_into(["bash", "--norc", "--noprofile", "-i"], f"source {SCRIPTS}/hivectl.bash", "hivectl snapsh\tcaptures\t", "snapshot captures")


def test_the_tab_key_in_zsh():
    if not shutil.which("zsh"):
        pytest.skip("zsh is not installed")
    screen = type_into(["zsh", "-f", "-i"], f"fpath=({SCRIPTS} $fpath); autoload -Uz compinit; compinit -u -D", "hivectl snapshot capt\t\t", "List all captures")
    assert "Measure a version now" in screen


def test_the_adaptors_are_short():
    for script in SCRIPTS.iterdir():
        assert len(script.read_text().splitlines()) <= 8, script
