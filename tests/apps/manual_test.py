"""The manual pages: man and mandoc have nothing to say about them, and they name every command and option."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HIVED = os.environ["HIVED"]
HIVECTL = os.environ["HIVECTL"]


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("man")
    subprocess.run([ROOT / "deploy/manual/pages.sh", HIVED, HIVECTL, folder], check=True,
                   env={**os.environ, "SOURCE_DATE_EPOCH": "1700000000"})
    found = {page.name: page for page in folder.glob("man*/*")}
    assert {"hived.8", "hivectl.1", "hivectl-snapshot.1", "hived.toml.5"} <= set(found) and len(found) > 15
    return found


def render(page):
    done = subprocess.run(["man", "--warnings", "-E", "UTF-8", "-l", page], capture_output=True, text=True, check=True,
                          env={**os.environ, "MANWIDTH": "200", "LC_ALL": "C.UTF-8", "MANPAGER": "cat"})
    assert done.stderr == "", page.name
    return re.sub(r".\x08", "", done.stdout)


def test_man_has_no_warning(pages):
    if not shutil.which("man"):
        pytest.skip("man is not installed")
    for page in pages.values():
        assert "NAME" in render(page)


def test_mandoc_has_no_warning(pages):
    if not shutil.which("mandoc"):
        pytest.skip("mandoc is not installed")
    for page in pages.values():
        done = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", page], capture_output=True, text=True)
        assert done.stdout == "" and done.returncode == 0, done.stdout


def test_every_command_and_option_is_in_a_page(pages):
    if not shutil.which("man"):
        pytest.skip("man is not installed")

    def help_of(*words):
        return subprocess.run([HIVECTL, "help", *words], capture_output=True, text=True, check=True).stdout

    def below(text):
        part = re.search(r"^Subcommands:\n((?:  .*\n)*)", text, re.M)
        return re.findall(r"^  (\S+)", part[1], re.M) if part else []

    def check(text, words, page):
        own = text.split("Global options:")[0]
        for option in re.findall(r"^  (?:-\w,)?(--[\w-]+)", own, re.M):
            assert option == "--help" or re.search(rf"^ +(-\w, )?{option}\b", page, re.M), (words, option)

    index = render(pages["hivectl.1"])
    for group in below(help_of()):
        commands = below(help_of(group))
        page = render(pages[f"hivectl-{group}.1"]) if commands else index
        assert re.search(rf"^ +{'hivectl ' if not commands else ''}{group}\b", index, re.M), group
        for command in commands:
            assert re.search(rf"^ +hivectl {group} {command}\b", page, re.M), (group, command)
            check(help_of(group, command), (group, command), page)


def test_the_date_is_that_of_the_build(pages):
    for page in pages.values():
        assert '"2023-11-14"' in page.read_text(encoding="utf-8").splitlines()[0], page.name


def test_text_has_no_meaning_for_troff(tmp_path):
    (tmp_path / "page.md").write_text("# Page\n\n.so /etc/passwd\n\n'in 5\n\n- `a\\b` and ~^\n\n| key | a |\n|---|---|\n| `x \\| y` | z |\n")
    done = subprocess.run(["python3", ROOT / "deploy/manual/markdown_page.py", "page", "5", "a page", tmp_path / "page.md"],
                          capture_output=True, text=True, check=True)
    assert "\\&.so" in done.stdout and "\\&'in 5" in done.stdout and "a\\eb" in done.stdout
    if shutil.which("man"):
        (tmp_path / "page.5").write_text(done.stdout)
        shown = render(tmp_path / "page.5")
        assert ".so /etc/passwd" in shown and "'in 5" in shown and "a\\b and ~^" in shown and "x | y" in shown


def test_an_unknown_page_is_an_error():
    done = subprocess.run([HIVECTL, "__man", "no-such"], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (64, "") and "no-such" in done.stderr
