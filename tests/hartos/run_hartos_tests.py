#!/usr/bin/env python3
"""Runs HART OS's own tests of what `hivemark.hartos` replaces, unmodified: by HART OS alone, and each set over a fresh
node with the import hook. Prints a table, and what failed.

    HIVED=build/release/bin/hived tests/hartos/run_hartos_tests.py CHECKOUT [--show] [--only WORD]

CHECKOUT is a work tree of HART OS; the counts below are those of its commit 2e7b499. Its tests run in a temporary
directory, with its conftest.py left out, which needs more packages than these tests do: pytest, and requests for
test_pr_guardian.py, from this interpreter or PYTHONPATH. They need no network. `requests` are those that the node got, the
two of the plugin included.

Exit status: 0 when every set did over a node what it must, 1 when one did not, 64 when the arguments are wrong.
"""

import argparse
import os
import shlex
import subprocess
import sys
import tempfile
import urllib.request
import xml.etree.ElementTree as xml
from pathlib import Path
from typing import Dict, List, NamedTuple

PROJECT = Path(__file__).resolve().parents[2]
PACKAGE = PROJECT / "deploy/python"
sys.path[:0] = [str(PROJECT / "tests/python"), str(PACKAGE)]

from real_node_test import Node  # noqa: E402

TIMEOUT_S = 600


class Set(NamedTuple):
    """Tests that run in one process."""

    file: str
    names: List[str]  # classes and functions of the file; all when empty
    count: int  # how many tests these are
    keep: str = ""  # modules that stay HART OS's own
    like_hartos: bool = False  # each must end as it does by HART OS alone; otherwise each must pass

    def label(self) -> str:
        names = f" [{', '.join(name.rsplit('::', 1)[-1] for name in self.names)}]" if self.names else ""
        return self.file + names + (f", {self.keep} kept" if self.keep else "")


SETS = (
    Set("test_agent_baseline_service.py", [], 19),
    # Two of its classes patch what HART OS's own module calls, so that they test that module.
    Set("test_pr_review_service.py", [], 17, keep="pr_review_service"),
    Set("test_pr_review_service.py", ["TestClassifyChange", "TestValidateBaseline", "TestReviewPR"], 12),
    Set("test_federation_upgrade.py", ["TestBenchmarkRegistry"], 8),
    Set("test_federation_upgrade.py", ["TestUpgradeTools::test_list_benchmarks"], 1),
    Set("test_coding_tool_backends.py", ["TestBenchmarkTracker", "TestToolRouter"], 9),
    Set("test_pr_guardian.py", ["TestPRReviewServiceIntegration"], 3, like_hartos=True),
)


def environment(checkout: Path) -> Dict[str, str]:
    """That of a user of HART OS, without what the caller's shell says about either."""
    out = {name: value for name, value in os.environ.items() if not name.startswith(("HIVE", "HEVOLVE", "NUNBA"))}
    paths = [str(PACKAGE), str(checkout), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**out, "PYTHONPATH": os.pathsep.join(paths), "PYTHONDONTWRITEBYTECODE": "1"}


def outcomes(tests: Set, checkout: Path, env: Dict[str, str], plugin: List[str], show: bool) -> Dict[str, str]:
    """How each test ended, by its name. What pytest itself could not do counts as one that failed."""
    path = checkout / "tests/unit" / tests.file
    with tempfile.TemporaryDirectory() as directory:
        command = [sys.executable, "-m", "pytest", "-q", "--noconftest", "-p", "no:cacheprovider", *plugin]
        command += ["--rootdir", str(checkout), "--junitxml", f"{directory}/report.xml"]
        command += [f"{path}::{name}" for name in tests.names] or [str(path)]
        done = subprocess.run(
            command, cwd=directory, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            timeout=TIMEOUT_S, check=False,
        )
        report = Path(directory, "report.xml")
        found = read_report(report) if report.exists() else {}
    if done.returncode not in (0, 1) or not found:
        found["pytest"] = f"ended with {done.returncode}"
    if show or plugin and any(outcome != "passed" for outcome in found.values()):
        print(f"$ {shlex.join(command)}\n{done.stdout}", file=sys.stderr)
    return found


def read_report(path: Path) -> Dict[str, str]:
    out = {}
    for case in xml.parse(path).iter("testcase"):
        bad = next((child.tag for child in case if child.tag in ("failure", "error", "skipped")), "passed")
        out[f"{case.get('classname')}::{case.get('name')}"] = bad
    return out


def passed(found: Dict[str, str]) -> str:
    return f"{sum(outcome == 'passed' for outcome in found.values())} of {len(found)}"


def requests_to(node: Node) -> int:
    """How many requests the node has answered on its API."""
    with urllib.request.urlopen(node.url + "/metrics", timeout=TIMEOUT_S) as answer:
        lines = answer.read().decode().splitlines()
    return sum(int(float(line.rsplit(" ", 1)[1])) for line in lines
               if line.startswith("hive_http_requests_total{") and "/api/" in line)


def run(tests: Set, checkout: Path, show: bool) -> bool:
    """Whether the set did what it must. Prints its line of the table."""
    env = environment(checkout)
    alone = outcomes(tests, checkout, env, [], show)
    with Node() as node:
        env.update(HIVEMARK_URL=node.url, HIVE_TOKEN_FILE=node.data + "/operator.token")
        if tests.keep:
            env["HIVEMARK_HARTOS_KEEP"] = tests.keep
        over = outcomes(tests, checkout, env, ["-p", "hivemark.hartos.pytest"], show)
        requests = requests_to(node)
    all_pass = f"{tests.count} of {tests.count}"
    if tests.like_hartos:
        must, good = "as alone", over == alone and len(over) == tests.count
    else:
        must, good = all_pass, passed(over) == all_pass
    line = f"{passed(alone):>9}  {passed(over):>11}  {must:>9}  {requests:>8}  {'yes' if good else 'NO':4}  {tests.label()}"
    print(line, flush=True)
    return good


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkout", type=Path, help="a work tree of HART OS")
    parser.add_argument("--show", action="store_true", help="print what pytest printed, also when all passed")
    parser.add_argument("--only", default="", metavar="WORD", help="only sets whose file or names contain this")
    try:
        options = parser.parse_args()
    except SystemExit as end:
        return 64 if end.code else 0
    checkout = options.checkout.resolve()
    chosen = [tests for tests in SETS if options.only in tests.label()]
    for problem, text in (
        (not (checkout / "tests/unit" / SETS[0].file).is_file(), f"{checkout} is no work tree of HART OS"),
        (not chosen, f"no set contains {options.only!r}"),
        (not os.access(os.environ.get("HIVED", ""), os.X_OK), "HIVED must be the path of hived"),
    ):
        if problem:
            print(text, file=sys.stderr)
            return 64
    os.environ["HIVED"] = str(Path(os.environ["HIVED"]).resolve())
    print("    alone  over a node       must  requests  good  tests")
    return 0 if all([run(tests, checkout, options.show) for tests in chosen]) else 1


if __name__ == "__main__":
    sys.exit(main())
