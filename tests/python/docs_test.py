"""The documentation is whole: no link is dead, and whatever a user can meet has its entry."""

import os
import re
import subprocess
import sys
from pathlib import Path

import docs_blocks
import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "deploy/manual"))
import reference_pages  # noqa: E402

RUNBOOKS = (
    "node-lost disk-full partition stuck-gate poisoned-peer gpu-quarantined clock certificate-expired restore-after-loss "
    "captures agent-regressed errors metric-regressed backup-old newer-store certificate-stolen"
).split()


def tracked(*patterns):
    words = ["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns]
    names = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    return [name for name in names if (ROOT / name).is_file() and not name.startswith("tests/data/")]


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


def prose(page):
    """A page without its code, in which brackets mean nothing."""
    return re.sub(r"`[^`\n]*`", "``", re.sub(r"^([ \t]*)```.*?^\1```$", "", page, flags=re.M | re.S))


def links(page):
    return [target for target in re.findall(r"\]\(([^)\s]+)\)", prose(page)) if not re.match(r"[a-z]+:", target)]


def anchors(page):
    """The names that a forge gives to the headings."""
    found = []
    for heading in re.findall(r"^#+ (.*)$", re.sub(r"^```.*?^```$", "", page, flags=re.M | re.S), re.M):
        text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "")
        slug = re.sub(r"[^\w\- ]", "", text.strip().lower()).replace(" ", "-")
        found.append(slug + (f"-{count}" if (count := sum(re.fullmatch(re.escape(slug) + r"(-\d+)?", f) is not None for f in found)) else ""))
    return set(found)


def rows(page, heading=None):
    """The cells of the tables of a page, or of one of its sections."""
    text = page if heading is None else re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", page, re.M | re.S)[1]
    lines = [line for line in text.splitlines() if line.startswith("|") and not line.startswith("|---")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


@pytest.mark.parametrize("name", tracked("*.md"))
def test_no_link_is_dead(name):
    dead = []
    for target in links(read(name)):
        path, _, anchor = target.partition("#")
        full = (ROOT / name).parent / path if path else ROOT / name
        if not full.exists():
            dead.append(target)
        elif anchor and anchor not in anchors(full.read_text(encoding="utf-8")):
            dead.append(target)
    assert dead == []


def test_sources_name_no_page_that_is_gone():
    kinds = ("cpp", "hpp", "capnp", "py", "sh", "js", "yml", "yaml", "toml", "cmake", "CMakeLists.txt", "Makefile")
    sources = tracked(*(f"*{kind}" for kind in kinds))
    sources.remove("tests/deploy/run_test.py")  # makes a page of its own
    named = {(name, page) for name in sources for page in re.findall(r"\bdocs/[\w./-]+\.(?:md|cpp|png)\b", read(name))}
    assert len(named) > 40
    assert [pair for pair in sorted(named) if not (ROOT / pair[1]).exists()] == []


def test_the_map_has_every_page():
    on_map = {os.path.normpath("docs/" + target.partition("#")[0]) for target in links(read("docs/index.md"))}
    pages = [name for name in tracked("docs/**/*.md") if not name.startswith(("docs/decisions/", "docs/changes/", "docs/index.md"))]
    assert len(pages) > 30
    assert [page for page in pages if page not in on_map] == []


def test_every_decision_is_in_their_list():
    listed = links(read("docs/decisions/README.md"))
    pages = [Path(name).name for name in tracked("docs/decisions/*.md") if not name.endswith("README.md")]
    assert [page for page in pages if page not in listed] == []


def test_every_alert_has_its_page():
    rules = read("deploy/monitoring/hivemark.rules.yml")
    runbooks = re.findall(r"runbook: (\S+)", rules)
    assert len(runbooks) == rules.count("- alert:") > 10
    assert [page for page in runbooks if not (ROOT / page).is_file()] == []
    for alert, page in zip(re.findall(r"- alert: (\w+)", rules), runbooks):
        assert f"`{alert}`" in read(page), f"{page} does not name its alert {alert}"


@pytest.mark.parametrize("name", RUNBOOKS)
def test_a_runbook_says_what_is_seen_what_it_means_and_what_to_type(name):
    page = read(f"docs/operate/{name}.md")
    assert re.search(r"^\*\*You see\*\* ", page, re.M) and re.search(r"^\*\*It means\*\* ", page, re.M)
    assert re.search(r"^\*\*Type[:*]", page, re.M) and "```sh" in page


def test_every_error_code_has_its_row():
    """With the statuses that the sources give it."""
    names = re.findall(r'\{ec::\w+, "(\w+)", "', read("messages/ec.cpp"))
    http = dict(re.findall(r"\{ec::(\w+), (\d+)\}", read("actors/http/problem.cpp")))
    ends = dict(re.findall(r"\{ec::(\w+), exit_status::(\w+)\}", read("apps/hivectl/exit_status.cpp")))
    values = dict(re.findall(r"^  (\w+) = (\d+),", read("apps/hivectl/exit_status.hpp"), re.M))
    expected = {name: (http[name], values[ends[name]]) for name in names}
    table = {row[0].strip("`"): (row[1], row[4]) for row in rows(read("docs/reference/errors.md"), "Codes of requests")[1:]}
    assert len(names) > 15 and table == expected


def test_every_reason_not_to_be_ready_has_its_row():
    states = re.findall(r'set_status\("(\w+)', read("actors/node/supervisor.cpp"))
    reasons = re.findall(r'return "([^"]{10,}?) ?"', read("apps/hived/wiring/readiness.cpp"))
    room = re.search(r"caf::error check_room\(.*?^\s*\}", read("storage/database.cpp"), re.M | re.S)[0]
    reasons += [text.strip() for text in re.findall(r'fail\(ec::storage_failed, "([^"]+)"', room)]
    known = " ".join(row[0] for row in rows(read("docs/reference/errors.md"), "Why a node is not ready"))
    assert len(set(states)) > 2 and len(reasons) > 1
    assert [text for text in [*states, "starting", *reasons] if text != "ok" and text not in known] == []


def test_exit_statuses():
    page = read("docs/reference/exit-status.md")
    enum = re.search(r"enum class exit_status.*?\};", read("apps/hivectl/exit_status.hpp"), re.S)[0]
    assert [row[0] for row in rows(page, "hivectl")[1:]] == re.findall(r"= (\d+)", enum)
    enum = re.search(r"enum exit_status.*?\};", read("apps/hive_backup/command_line.cpp"), re.S)[0]
    assert [row[0] for row in rows(page, "hive-backup")[1:]] == re.findall(r"= (\d+)", enum)
    ends = re.findall(r"exit_\w+ = (\d+)", read("apps/hived.cpp") + read("apps/hived/command_line.cpp"))
    assert len(ends) > 3 and [row[0] for row in rows(page, "hived")[1:]] == sorted(ends)


def test_every_file_of_a_node_has_its_row():
    sources = "".join(read(name) for name in tracked("storage/*.cpp", "apps/hived/*.cpp"))
    names = set(re.findall(r'(?:data_directory|store\.directory|normal\(\)) / "([\w.]+)"', sources))
    page = read("docs/reference/files-and-ports.md")
    assert len(names) > 4 and [name for name in sorted(names) if f"`DATA/{name}" not in page] == []


@pytest.mark.parametrize("name", reference_pages.PAGES)
def test_a_written_page_is_what_the_programs_say(name):
    """Else run: deploy/manual/reference_pages.py HIVED HIVECTL"""
    assert read(f"docs/reference/{name}") == reference_pages.PAGES[name](os.environ["HIVED"], os.environ["HIVECTL"])


def test_every_limit_is_on_its_page():
    constants = re.findall(r"^inline constexpr .* (\w+) =", read("actors/defaults.hpp"), re.M)
    page = read("docs/reference/limits.md")
    assert len(constants) > 100
    assert [name for name in constants if f"| `{name}` |" not in page] == []


def commands():
    """The options of each command of hivectl, by its words; those of every command at the empty one."""
    parts = re.split(r"^#+ hivectl ", read("docs/reference/hivectl.md"), flags=re.M)
    options = {name: set(re.findall(r"(?<![\w-])--[a-z][\w-]*", text)) for name, text in
               ((part.partition("\n")[0], part) for part in parts[1:])}
    return {**options, "": set(re.findall(r"^  (?:-h,)?(--[\w-]+)", parts[0], re.M))}


def unknown_words(line, known):
    """What hivectl would not know of a command line that begins with its name."""
    words, command = line.split()[1:], ""
    while words and words[0].startswith("--") and words[0] in known[""]:
        words = words[1:] if words[0] in ("--json", "--wide", "--help", "--version") else words[2:]
    while words and f"{command} {words[0]}".strip() in known:
        command = f"{command} {words.pop(0)}".strip()
    if words and (command == "" or any(name.startswith(command + " ") for name in known)) and re.match(r"[a-z]", words[0]):
        yield f"no command {command} {words[0]}"
    for word in words:
        if word == "--":
            return
        option = re.match(r"--[a-z][\w-]*", word)
        if option and option[0] not in known[command] | known[""]:
            yield f"hivectl {command} has no {option[0]}"


@pytest.mark.parametrize("name", [page for page in docs_blocks.pages() if page != "docs/reference/hivectl.md"])
def test_every_command_that_a_page_shows_exists(name):
    """In blocks and in running text, also where the blocks cannot run."""
    page, known = read(name), commands()
    code = [block.text for block in docs_blocks.blocks_of(page) if block.kind in ("", "sh", "console")]
    code += re.findall(r"`([^`]+)`", docs_blocks.BLOCK.sub("", page))
    lines = re.split(r"\n|&&|\|\||[|;)]|#", re.sub(r"\$\([^)]*\)", "X", "\n".join(code)).replace("\\\n", " "))
    shown = [line[line.index("hivectl "):] for line in lines if re.search(r"(^|[\s(/])hivectl ", line)]
    assert [(line, fault) for line in shown for fault in unknown_words(line, known)] == []


def test_unknown_commands_and_options_are_found():
    known = commands()
    assert list(unknown_words("hivectl --json snapshot show v1 --capture 7", known)) == []
    assert list(unknown_words("hivectl gpu run --vram 4 -- python3 train.py --epochs 3", known)) == []
    assert list(unknown_words("hivectl snapshot shwo v1", known)) == ["no command snapshot shwo"]
    assert list(unknown_words("hivectl snaps", known)) == ["no command  snaps"]
    assert list(unknown_words("hivectl snapshot show v1 --captre 7", known)) == ["hivectl snapshot show has no --captre"]
