#!/usr/bin/env python3
"""Runs the shell blocks of a page of documentation: docs_blocks.py PAGE...

A page runs in a sandbox of bubblewrap that looks like a fresh machine: an empty home, a network of its own with all
ports free and 10.0.0.0/24 as its own addresses, the programs of Hivemark in the PATH, the checkout at /checkout. Everything in it is gone afterwards. What
comes before the page is in the comment `<!-- before the blocks: … -->`; without one, a node with default settings runs.

All ```sh blocks of a page run in one shell, in their order, and every command has to succeed. The info string may say
  exit=N       the block ends with this status
  background   it runs beside the others until the page ends, and is awaited until a node in it is ready
  needs=TOOL   only its syntax is checked where TOOL is not installed
  norun        only its syntax is checked
A ```text output block after one must be what it printed; "…" there stands for any text in a line, or, alone, for lines.
```python and ```json blocks must be well-formed, and `hived --check` must take ```toml blocks, but for files that are not
here and values with a "…" in them.
"""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LIMIT_S = 240
BLOCK = re.compile(r"^([ \t]*)```([^\n`]*)\n(.*?)^[ \t]*```[ \t]*$", re.M | re.S)
BEFORE = re.compile(r"^<!-- before the blocks:\n(.*?)^-->$", re.M | re.S)
OF_ETC = "alternatives ca-certificates group hosts ld.so.cache localtime nsswitch.conf passwd python3 python3.11 ssl".split()

# Adds the addresses, then runs its argument as a user who may do nothing particular.
MACHINE = """
ip address add 10.0.0.0/24 dev lo
exec setpriv --inh-caps=-all --ambient-caps=-all --bounding-set=-all bash -c "$1"
"""

# Sources the blocks one by one, and writes to N.end which commands failed, then the status of the block. A node that was
# started says so in its output.
SHELL = """
node() { hived "$@" >>/page/node.log 2>&1 & until_ready /page/node.log; }
until_ready() { for _ in $(seq 300); do grep -q '^hived ready' "$1" && return; sleep 0.1; done; cat "$1"; return 1; }
for block in /page/*.sh; do
  trap 'echo "$? $BASH_COMMAND" >>"${block%.sh}.failed"' ERR
  case $block in
    *.background.sh) (. "$block") >"${block%.sh}.out" 2>&1 </dev/null & until_ready "${block%.sh}.out"
      cp "${block%.sh}.out" "${block%.sh}.ready" ;;
    *) . "$block" >"${block%.sh}.out" 2>&1 </dev/null ;;
  esac
  echo "$?" >"${block%.sh}.end"
done
trap - ERR
kill -KILL -1
"""


@dataclass
class Block:
    """A block of a page: its first line's number, its kind, the words after that, and its text."""

    line: int
    kind: str
    words: list
    text: str
    output: str | None = None

    def option(self, name, default=None):
        return next((word.partition("=")[2] for word in self.words if word.partition("=")[0] == name), default)

    def runs(self):
        needs = self.option("needs")
        return self.kind == "sh" and "norun" not in self.words and (needs is None or shutil.which(needs) is not None)


def blocks_of(page):
    """The blocks of a page; an output belongs to the block before it."""
    found = []
    for match in BLOCK.finditer(page):
        kind, *words = match[2].split() or [""]
        text = textwrap.dedent(match[3])
        if kind == "text" and words == ["output"]:
            found[-1].output = text
        else:
            found.append(Block(page.count("\n", 0, match.start()) + 1, kind, words, text))
    return found


def is_output(expected, text):
    """Whether the text is the expected one, in which … stands for anything."""
    pattern = ""
    for line in expected.splitlines():
        any_text = "[^\n]*".join(re.escape(part) for part in re.sub(" +", " ", line.rstrip()).split("…"))
        pattern += "(?:[^\n]*\n)*" if line.strip() == "…" else any_text + "\n"
    lines = [re.sub(" +", " ", line.rstrip()) for line in text.splitlines()]
    return re.fullmatch(pattern, "".join(line + "\n" for line in lines)) is not None


def fault_of_form(block):
    """What is wrong with a block that is only read; None: nothing."""
    try:
        if block.kind == "sh":
            check = subprocess.run(["bash", "-n"], input=block.text, capture_output=True, text=True, check=False)
            return check.stderr or None
        if block.kind == "python":
            compile(block.text, "block", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        elif block.kind == "json":
            json.loads(block.text)
    except (SyntaxError, ValueError) as fault:
        return str(fault)
    return None


def fault_of_configuration(block, programs):
    """What a node would refuse in a block of its configuration; None: nothing."""
    if block.kind != "toml":
        return None
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "hived.toml"
        file.write_text(block.text)
        command = [Path(programs) / "hived", "--check", "--config", file, "--data", Path(folder) / "data"]
        check = subprocess.run(command, capture_output=True, text=True, env={"PATH": os.environ["PATH"]}, check=False)
    left_out = {f"{file}:{number}:" for number, line in enumerate(block.text.splitlines(), 1) if "…" in line}
    elsewhere = ("does not exist", "is missing", "could not be opened", "of this machine", "\\xe2\\x80\\xa6", *left_out)
    faults = [line for line in check.stderr.splitlines() if not any(word in line for word in elsewhere)]
    return "\n".join(faults) or None


def sandbox(programs, folder):
    """The command that runs what follows it on a machine of its own."""
    words = ["bwrap", "--die-with-parent", "--unshare-user", "--unshare-net", "--unshare-pid", "--uid", "1000", "--gid", "1000"]
    words += ["--cap-add", "CAP_NET_ADMIN"]
    for name in ("bin", "lib", "lib64", "sbin"):
        words += ["--symlink", f"usr/{name}", f"/{name}"]
    for name in OF_ETC:
        words += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    # Not --dev: that gives the network to a namespace whose user may not add addresses.
    for name in ("null", "zero", "full", "random", "urandom", "tty"):
        words += ["--dev-bind-try", f"/dev/{name}", f"/dev/{name}"]
    words += ["--symlink", "/proc/self/fd", "/dev/fd", "--tmpfs", "/dev/shm"]
    words += ["--ro-bind", "/usr", "/usr", "--proc", "/proc", "--tmpfs", "/tmp", "--dir", "/home/me"]
    words += ["--dir", "/var/lib", "--dir", "/srv", "--ro-bind", str(ROOT), "/checkout", "--ro-bind", str(programs), "/opt/hivemark"]
    words += ["--bind", folder, "/page", "--chdir", "/home/me", "--clearenv", "--setenv", "HOME", "/home/me"]
    words += ["--setenv", "PATH", "/opt/hivemark:/usr/sbin:/usr/bin", "--setenv", "LANG", "C.UTF-8", "--setenv", "USER", "me"]
    return [*words, "--setenv", "PYTHONPATH", "/checkout/deploy/python", "--setenv", "PYTHONDONTWRITEBYTECODE", "1"]


def is_possible():
    """Whether this process may make such a sandbox."""
    with tempfile.TemporaryDirectory() as folder:
        command = [*sandbox("/usr/bin", folder), "bash", "-c", MACHINE, "bash", "true"]
        return shutil.which("bwrap") and subprocess.run(command, capture_output=True, check=False).returncode == 0


def faults_of_run(block, file):
    """What a block did otherwise than its page says."""
    if not file.with_suffix(".end").exists():
        yield f"it did not end within {LIMIT_S} s, or ended the shell"
        return
    failed = file.with_suffix(".failed")
    failures = failed.read_text().splitlines() if failed.exists() else []
    end, expected = file.with_suffix(".end").read_text().strip(), block.option("exit", "0")
    if end != expected:
        yield f"it ended with status {end}, not {expected}"
    yield from (f"failed with status {text}" for text in failures if text.split()[0] != expected)
    output = file.with_suffix(".ready" if "background" in block.words else ".out")
    if block.output is not None and not is_output(block.output, output.read_text(errors="replace")):
        yield "its output is not\n" + block.output


def faults(path, programs):
    """Runs a page; all that is wrong with its blocks, each with the line."""
    page = path.read_text(encoding="utf-8")
    blocks = blocks_of(page)
    found = [
        f"{path}:{block.line}: {fault}" for block in blocks if (fault := fault_of_form(block) or fault_of_configuration(block, programs))
    ]
    to_run = [block for block in blocks if block.runs()]
    if found or not to_run:
        return found
    before = BEFORE.search(page)
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for i, block in enumerate([Block(1, "sh", [], before[1] if before else "node\n"), *to_run]):
            files.append(Path(folder) / f"{i:02}{'.background' if 'background' in block.words else ''}.sh")
            files[-1].write_text(block.text)
        try:
            command = [*sandbox(programs, folder), "bash", "-c", MACHINE, "bash", SHELL]
            subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=LIMIT_S, check=False)
        except subprocess.TimeoutExpired:
            pass  # the block that did not end says so
        for block, file in zip([Block(1, "sh", [], ""), *to_run], files):
            for fault in faults_of_run(block, file):
                output = file.with_suffix(".out")
                printed = output.read_text(errors="replace") if output.exists() else ""
                found.append(f"{path}:{block.line}: {fault}\nIt printed:\n{textwrap.indent(printed[-4000:], '  ')}")
    return found


def pages():
    """All pages whose blocks are for readers of today; changes and decisions tell of their time."""
    names = subprocess.run(["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    own = [name for name in names if not name.startswith(("docs/changes/", "docs/decisions/", "tests/data/"))]
    return [name for name in own if (ROOT / name).exists()]


def main(names):
    programs = Path(os.environ["HIVED"]).resolve().parent
    all_faults = [fault for name in names or pages() for fault in faults(ROOT / name, programs)]
    print("\n".join(all_faults))
    return 1 if all_faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
