"""What GitHub Actions does with a composite action that has one step: sets its variables, and runs it."""

import os
import re
import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple

ACTION = Path(__file__).resolve().parents[2] / "deploy/github"


class Result(NamedTuple):
    """What became of the step."""

    status: int
    log: str
    outputs: dict
    summary: str


def run_action(action, given, timeout_s=60):
    """Runs the only step of a parsed action.yml with the given inputs."""
    inputs = {name: str(each.get("default", "")) for name, each in action["inputs"].items()}
    unknown = set(given) - set(inputs)
    missing = {name for name, each in action["inputs"].items() if each["required"]} - set(given)
    if unknown or missing:
        raise ValueError(f"unknown inputs {unknown}, missing inputs {missing}")
    inputs |= given
    (step,) = action["runs"]["steps"]
    with tempfile.TemporaryDirectory() as directory:
        files = {name: Path(directory, name) for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "script.sh")}
        for file in files.values():
            file.write_text("", encoding="utf-8")
        files["script.sh"].write_text(step["run"], encoding="utf-8")
        environment = {
            name: re.sub(r"\$\{\{ inputs\.([a-z-]+) \}\}", lambda found: inputs[found[1]], value)
            for name, value in step["env"].items()
        }
        environment |= {"PATH": os.environ["PATH"], "GITHUB_ACTION_PATH": str(ACTION), "GITHUB_ACTIONS": "true"}
        environment |= {name: str(files[name]) for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
        done = subprocess.run(
            ["sh", "-e", files["script.sh"]],
            env=environment,
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=timeout_s,
            check=False,
        )
        output = files["GITHUB_OUTPUT"].read_text(encoding="utf-8")
        outputs = dict(line.split("=", 1) for line in output.splitlines())
        return Result(done.returncode, done.stdout, outputs, files["GITHUB_STEP_SUMMARY"].read_text(encoding="utf-8"))
