"""What the packages are made of, without packing: deploy/prove_package.sh does the rest."""

import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DEBIAN = ROOT / "deploy/debian"
BUILD = Path(os.environ["HIVE_BUILD"])
PATIENCE_S = 60
PROGRAMS = ["hived", "hivectl", "hive-fetch", "hive-gpu-probe", "hive-quantiphy", "hive-embodied", "hive-qwen-encoder"]


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """A system into which the programs were installed."""
    folder = tmp_path_factory.mktemp("system")
    subprocess.run(["cmake", "--install", BUILD, "--component", "programs", "--prefix", "/usr"], check=True,
                   stdout=subprocess.DEVNULL, env={**os.environ, "DESTDIR": str(folder)})
    return folder / "usr"


def test_the_version_is_that_of_the_build():
    project = re.search(r"project\(hivemark VERSION (\S+)", (ROOT / "CMakeLists.txt").read_text())[1]
    assert re.match(r"hivemark \((\S+)\)", (DEBIAN / "changelog").read_text())[1] == project


def test_all_programs_are_in_one_folder_and_the_path_has_links(tree):
    assert set(PROGRAMS) <= {path.name for path in (tree / "libexec/hivemark").iterdir()}
    for name in ("hived", "hivectl"):
        link = tree / "bin" / name
        assert os.readlink(link) == f"../libexec/hivemark/{name}"
        assert subprocess.run([link, "--version"], capture_output=True, text=True, check=True).stdout.startswith(name)


def test_a_node_finds_its_programs_through_the_link(tree, tmp_path):
    with open(tmp_path / "log", "w+", encoding="utf-8") as log:
        node = subprocess.Popen([tree / "bin/hived", "--data", tmp_path / "data", "--http", "127.0.0.1:0"], cwd=tmp_path,
                                stdout=subprocess.PIPE, stderr=log, text=True, env={"PATH": "/usr/bin:/bin"})
        try:
            url = "http://" + re.search(r"http=(\S+)", node.stdout.readline())[1]
            said = subprocess.run([tree / "bin/hivectl", "--url", url, "--json", "gpu", "list"], capture_output=True, text=True,
                                  timeout=PATIENCE_S).stdout
            log.seek(0)
            assert "hive-gpu-probe" not in said + log.read(), "it could not be started"
        finally:
            node.terminate()
            node.wait(PATIENCE_S)
            node.stdout.close()


def test_completion_is_where_the_shells_look(tree):
    for path in ("bash-completion/completions/hivectl", "zsh/vendor-completions/_hivectl", "fish/vendor_completions.d/hivectl.fish"):
        assert "hivectl" in (tree / "share" / path).read_text()


def test_rules_and_boards_come_without_their_tests(tmp_path):
    if not (ROOT / "deploy/monitoring").exists():
        pytest.skip("there is no deploy/monitoring")
    subprocess.run(["cmake", "--install", BUILD, "--component", "monitoring", "--prefix", "/usr"], check=True,
                   stdout=subprocess.DEVNULL, env={**os.environ, "DESTDIR": str(tmp_path)})
    names = {path.name for path in (tmp_path / "usr/share/hivemark/monitoring").iterdir()}
    assert any(name.endswith(".rules.yml") for name in names) and not any(".test." in name for name in names)


def test_the_configuration_of_the_package_is_good(tmp_path):
    done = subprocess.run([BUILD / "bin/hived", "--config", DEBIAN / "hived.toml", "--check"], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "configuration is good\n"), done.stderr
    commented = "\n".join(line.removeprefix("#") for line in (DEBIAN / "hived.toml").read_text().splitlines() if not line.startswith("# "))
    (tmp_path / "all.toml").write_text(commented)
    said = subprocess.run([BUILD / "bin/hived", "--config", tmp_path / "all.toml", "--check"], capture_output=True, text=True).stderr
    assert "/etc/hivemark/tls" in said and "unknown" not in said, "only the certificates are missing"


def test_every_file_of_debhelper_belongs_to_a_package():
    packages = re.findall(r"^Package: (\S+)", (DEBIAN / "control").read_text(), re.M)
    assert packages == ["hivemark", "hivemark-dev", "python3-hivemark", "hivemark-dashboards"]
    for path in DEBIAN.iterdir():
        if path.suffix in (".install", ".service", ".sysusers", ".tmpfiles", ".postrm", ".examples"):
            assert path.name.split(".")[0] in packages, path
    assert (DEBIAN / "rules").stat().st_mode & 0o111
