"""The files for containers and Kubernetes: other programs than ours read them, and what they name exists in hived and hivectl."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = ROOT / "deploy/container/compose.yaml"
CONTAINERFILE = ROOT / "deploy/container/Containerfile"
BASE = ROOT / "deploy/kubernetes/base"
HIVED = os.environ["HIVED"]
HIVECTL = os.environ["HIVECTL"]
PATIENCE_S = 300
NOT_HERE = 77


def run(*command, cwd=None):
    done = subprocess.run([str(word) for word in command], cwd=cwd, capture_output=True, text=True, timeout=PATIENCE_S)
    return done.returncode, done.stdout + done.stderr


def need(tool):
    if not shutil.which(tool):
        pytest.skip(f"{tool} is not installed")


@pytest.fixture(scope="module")
def help_texts():
    return run(HIVED, "--help")[1], run(HIVECTL, "--help")[1]


def test_compose_reads_its_file(tmp_path):
    need("docker-compose")
    status, said = run("docker-compose", "-f", COMPOSE, "config")
    assert status == 0, said
    assert len(re.findall(r"^  node\d:", said, re.M)) >= 3
    wrong = tmp_path / "compose.yaml"
    wrong.write_text(COMPOSE.read_text().replace("stop_grace_period", "stop_grace_periode"))
    status, said = run("docker-compose", "-f", wrong, "config")
    assert status != 0 and "stop_grace_periode" in said


def check_manifests(folder):
    status, said = run(ROOT / "deploy/kubernetes/check.sh", folder)
    if status == NOT_HERE:
        pytest.skip(said.strip().splitlines()[-1])
    return status, said


def test_the_types_of_kubernetes_fit():
    assert check_manifests(BASE) == (0, "")


@pytest.mark.parametrize("file, right, wrong, said_of_it", [
    ("statefulset.yaml", "serviceName:", "serviceNam:", "serviceNam"),
    ("statefulset.yaml", "failureThreshold: 60", "failureTreshold: 60", "failureTreshold"),
    ("statefulset.yaml", "replicas: 3", "replicas: three", "not assignable to type 'number'"),
    ("service.yaml", "publishNotReadyAddresses:", "publishNotReadyAdresses:", "publishNotReadyAdresses"),
    ("disruption-budget.yaml", "maxUnavailable:", "maxUnavailible:", "maxUnavailible"),
])
def test_a_misspelt_key_or_a_wrong_type_is_refused(tmp_path, file, right, wrong, said_of_it):
    folder = tmp_path / "base"
    shutil.copytree(BASE, folder)
    text = (folder / file).read_text()
    assert right in text
    (folder / file).write_text(text.replace(right, wrong))
    status, said = check_manifests(folder)
    assert status not in (0, NOT_HERE) and said_of_it in said


def test_what_kubernetes_starts_exists(help_texts):
    text = (BASE / "statefulset.yaml").read_text()
    for name in re.findall(r"\bHIVE_\w+", text):
        assert re.search(rf"{name}\b", help_texts[0]), name
    for command in re.findall(r"command: \[hivectl, (\w+)\]", text):
        assert re.search(rf"^  {command} ", help_texts[1], re.M), command
    assert int(re.search(r"terminationGracePeriodSeconds: (\d+)", text)[1]) > 30, "hived gives itself 30 s"


def test_what_compose_starts_exists(help_texts):
    text = COMPOSE.read_text()
    options = set(re.findall(r"(--[\w-]+),", text))
    assert {"--door", "--advertise", "--join"} <= options
    for option in options:
        assert option in help_texts[0], option


def test_the_image_is_built_from_the_packages_and_is_not_root():
    text = CONTAINERFILE.read_text()
    assert "COPY hivemark_*.deb" in text
    user = re.search(r"^USER (\d+):(\d+)$", text, re.M)
    assert user and f"runAsUser: {user[1]}" in (BASE / "statefulset.yaml").read_text()
