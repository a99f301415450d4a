"""What deploy/ci has for pipelines: it parses, and the hook and the script do what they say."""

import json
import os
import shutil
import subprocess

import pytest
from conftest import run, write_program

TEMPLATES = ["github-review.yml", "github-comment.yml", "gitlab.yml"]
FAKE_HIVECTL = """#!/bin/bash
printf '%s\\n' "$*" >>"$FAKES/calls"
exit "$(cat "$FAKES/status")"
"""


def scripts(node):
    """All shell scripts in a parsed pipeline, wherever they are."""
    if isinstance(node, dict):
        for name, value in node.items():
            if name == "run" and isinstance(value, str):
                yield value
            elif name == "script":
                yield "\n".join(value)
            else:
                yield from scripts(value)
    elif isinstance(node, list):
        for value in node:
            yield from scripts(value)


@pytest.mark.parametrize("name", TEMPLATES)
def test_templates_are_yaml_and_their_scripts_shell(root, name):
    yaml = pytest.importorskip("yaml")
    parsed = yaml.safe_load((root / "deploy/ci" / name).read_text(encoding="utf-8"))
    found = list(scripts(parsed))
    assert found
    for script in found:
        done = run(["bash", "-n"], input=script)
        assert done.returncode == 0, done.stderr
        if shutil.which("shellcheck"):
            done = run(["shellcheck", "--shell=bash", "--severity=warning", "-"], input=script)
            assert done.returncode == 0, done.stdout


def test_the_review_of_forks_has_no_rights_and_the_comment_runs_nothing_of_theirs(root):
    yaml = pytest.importorskip("yaml")
    review = yaml.safe_load((root / "deploy/ci/github-review.yml").read_text(encoding="utf-8"))
    assert review["permissions"] == {"contents": "read"}
    assert "pull_request" in review[True]  # YAML 1.1 reads the key `on` as a boolean
    comment = yaml.safe_load((root / "deploy/ci/github-comment.yml").read_text(encoding="utf-8"))
    assert list(comment[True]) == ["workflow_run"]
    text = json.dumps(comment)
    assert "actions/checkout" not in text
    # Values of the event reach scripts only through variables, never as a part of their text.
    for script in [*scripts(review), *scripts(comment)]:
        assert "${{" not in script


@pytest.mark.parametrize("name", ["hivemark-review", "pre-push"])
def test_scripts_are_clean(root, name):
    path = root / "deploy/ci" / name
    assert os.access(path, os.X_OK)
    assert run(["bash", "-n", path]).returncode == 0
    if shutil.which("shellcheck"):
        done = run(["shellcheck", path])
        assert done.returncode == 0, done.stdout


@pytest.fixture
def pushing(root, tmp_path, bare_env):
    """A repository with the hook and a remote; hivectl is a fake that ends with a given status."""
    write_program(tmp_path / "bin/hivectl", FAKE_HIVECTL)
    env = bare_env | {"PATH": f"{tmp_path}/bin:/usr/bin:/bin", "FAKES": str(tmp_path)}
    env |= {f"GIT_{who}_{what}": "x@y" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}

    def git(*words, **more):
        return run(["git", *words], cwd=tmp_path / "work", env=env | more)

    assert run(["git", "init", "-q", "--bare", "-b", "main", tmp_path / "remote"], env=env).returncode == 0
    assert run(["git", "clone", "-q", tmp_path / "remote", tmp_path / "work"], env=env).returncode == 0
    git("checkout", "-q", "-b", "main")
    git("commit", "-q", "--allow-empty", "-m", "one")
    (tmp_path / "status").write_text("0", encoding="utf-8")
    (tmp_path / "calls").write_text("", encoding="utf-8")
    shutil.copy(root / "deploy/ci/pre-push", tmp_path / "work/.git/hooks/pre-push")

    def push(status, *words, **more):
        (tmp_path / "status").write_text(str(status), encoding="utf-8")
        (tmp_path / "calls").write_text("", encoding="utf-8")
        done = git("push", "-q", "origin", *words, **more)
        return done, (tmp_path / "calls").read_text(encoding="utf-8").splitlines()

    push.git = git
    return push


def test_a_push_is_reviewed_against_what_the_remote_has(pushing):
    done, calls = pushing(1, "main")
    assert done.returncode == 0 and calls == [], "there is nothing yet to compare the first push with"
    base = pushing.git("rev-parse", "HEAD").stdout.strip()
    pushing.git("commit", "-q", "--allow-empty", "-m", "two")
    head = pushing.git("rev-parse", "HEAD").stdout.strip()
    done, calls = pushing(1, "main")
    assert done.returncode != 0, "a rejected change is not pushed"
    assert "rejected" in done.stderr
    assert len(calls) == 1 and f"--base {base} --head {head}" in calls[0]
    done, calls = pushing(69, "main")
    assert done.returncode != 0 and "--no-verify" in done.stderr, "without a node nothing is known"
    done, _ = pushing(2, "main", HIVEMARK_STRICT="1")
    assert done.returncode != 0
    done, calls = pushing(2, "main", HIVEMARK_REVIEW="--tests 'make test'")
    assert done.returncode == 0 and "person" in done.stderr
    assert calls[0].endswith("--tests make test")


def test_a_new_branch_is_compared_with_the_remotes_main_and_a_deleted_one_is_not(pushing):
    pushing(0, "main")
    base = pushing.git("rev-parse", "HEAD").stdout.strip()
    pushing.git("checkout", "-q", "-b", "topic")
    pushing.git("commit", "-q", "--allow-empty", "-m", "topic")
    done, calls = pushing(0, "topic")
    assert done.returncode == 0 and f"--base {base}" in calls[0]
    done, calls = pushing(1, "--delete", "topic")
    assert done.returncode == 0 and calls == []
    pushing.git("tag", "v1")
    done, calls = pushing(1, "v1")
    assert done.returncode == 0 and calls == []


@pytest.fixture
def pipeline(root, tmp_path, bare_env):
    """Runs hivemark-review with the real programs on a repository whose topic breaks a test."""
    if "HIVED" not in os.environ:
        pytest.skip("HIVED names no node")
    work = tmp_path / "work"
    env = bare_env | {f"GIT_{who}_{what}": "x@y" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    env |= {"HIVED": os.environ["HIVED"], "HIVECTL": os.environ["HIVECTL"]}

    def git(*words):
        done = run(["git", *words], cwd=work, env=env)
        assert done.returncode == 0, done.stderr

    work.mkdir()
    git("init", "-q", "-b", "main")
    (work / "state").write_text("ok 1 - a\n", encoding="utf-8")
    git("add", "-A")
    git("commit", "-q", "-m", "base")
    git("checkout", "-q", "-b", "topic")
    (work / "state").write_text("not ok 1 - a\n", encoding="utf-8")
    git("commit", "-q", "-a", "-m", "worse")

    def go(*words, **more):
        return subprocess.run([root / "deploy/ci/hivemark-review", *words], cwd=work, env=env | more, text=True,
                              capture_output=True, timeout=110, check=False, stdin=subprocess.DEVNULL)

    return go


TESTS = "cat state; echo 1..1; ! grep -q not state"


def test_a_pipeline_gets_the_verdict_and_all_forms(pipeline, tmp_path):
    out = tmp_path / "out"
    done = pipeline("--base", "main", "--head", "topic", "--tests", TESTS, "--out", out, HIVEMARK_LINK="https://ci.example/1")
    if "bubblewrap" in done.stderr:
        pytest.skip(done.stderr)
    assert done.returncode == 1, done.stdout + done.stderr
    review = json.loads((out / "review.json").read_text(encoding="utf-8"))
    assert review["decision"] == "reject"
    assert review["comparison"]["new_failures"]["tests"][0]["name"] == "a"
    sarif = json.loads((out / "review.sarif").read_text(encoding="utf-8"))
    assert sarif["version"] == "2.1.0" and sarif["$schema"].endswith("sarif-2.1.0.json")
    calls = json.loads((out / "check-runs.json").read_text(encoding="utf-8"))["calls"]
    assert calls[0]["conclusion"] == "failure" and calls[0]["details_url"] == "https://ci.example/1"
    assert (out / "comment.md").read_text(encoding="utf-8").startswith("<!-- hivemark-review -->\n")
    assert "<testsuites" in (out / "junit.xml").read_text(encoding="utf-8")
    assert pipeline("--base", "main", "--head", "main", "--tests", TESTS, "--out", out).returncode == 0


def test_no_other_failure_looks_like_a_verdict(pipeline, tmp_path):
    done = pipeline("--base", "main", "--head", "nowhere", "--tests", TESTS, "--out", tmp_path / "out")
    assert done.returncode == 66 and "nowhere" in done.stderr
    assert pipeline("--base", "main").returncode == 64
    assert pipeline("--help").returncode == 0
    done = pipeline("--base", "main", "--head", "topic", "--out", tmp_path / "out", HIVED="/bin/false")
    assert done.returncode == 69 and "hived" in done.stderr
    bad = tmp_path / "bad.toml"
    bad.write_text("[review]\nsandbox = \"maybe\"\n", encoding="utf-8")
    done = pipeline("--base", "main", "--head", "topic", "--out", tmp_path / "out", "--config", bad)
    assert done.returncode == 69 and "review.sandbox" in done.stderr
