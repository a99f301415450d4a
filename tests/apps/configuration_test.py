"""docs/configuration.md: has every key and option that hived takes, and no other."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
READER = (ROOT / "apps/hived/config.cpp").read_text(encoding="utf-8")
COMMAND_LINE = (ROOT / "apps/hived/command_line.cpp").read_text(encoding="utf-8")
PAGE = (ROOT / "docs/configuration.md").read_text(encoding="utf-8")

FUNCTION = re.compile(r"^\S[^\n;]*?\b(\w+)\([^;{}]*?\) \{\n(.*?)^\}", re.S | re.M)
SECTION = re.compile(r'\bsections?\(\s*"(\w+)",\s*\[&\]\(toml_section& \w+\) \{(.*?)\}\);', re.S)
KEY = re.compile(r'\bread\w*\((?:\w+,)?\s*"(\w+)"')
REST = re.compile(r'\b(read_\w+)\(\w+, [^"]')  # a call that reads more of the same section


def keys_of(functions, text, path=""):
    """The full names of the keys and sections that this code of config.cpp reads of the section `path`."""
    out = set()
    for section, body in SECTION.findall(text):
        out |= {path + section} | keys_of(functions, body, f"{path}{section}.")
    text = SECTION.sub("", text)
    out |= {path + key for key in KEY.findall(text)}
    for called in REST.findall(text):
        out |= keys_of(functions, functions.get(called, ""), path)
    return out


def keys_taken():
    functions = dict(FUNCTION.findall(READER))
    tokens_file = functions.pop("read_tokens_file")  # a file of its own, of which the page says what it holds
    return keys_of(functions, functions["read_config_file"]) | {f"http.{key}" for key in KEY.findall(tokens_file)}


def keys_told():
    """The sections and keys of the page: headings, and the first column of the tables whose first head is `key`."""
    out = set()
    section = table = ""
    for line in PAGE.splitlines():
        first = line.split("|")[1].strip() if line.startswith("|") else ""
        table = table or first if first else ""
        if heading := re.fullmatch(r"#+ `\[+([\w.]+)\]+`", line):
            section = heading[1]
            out.add(section)
        elif section and table == "key" and first.startswith("`"):
            out.add(f"{section}.{first.strip('`')}")
    return out


def test_every_key_is_told():
    taken = keys_taken()
    assert {"node.name", "door.heartbeat_ms", "http.tokens.sha256", "benchmarks.model_registry.probe.requests"} <= taken
    assert taken - keys_told() == set()


def test_no_other_key_is_told():
    assert keys_told() - keys_taken() == set()


def test_every_option_and_variable_is_told():
    names = re.findall(r'add_option\(\s*"(--[\w-]+)"|envname\("(\w+)"\)', COMMAND_LINE)
    names = {option or variable for option, variable in names}
    assert {"--config", "HIVE_CONFIG", "--log-level", "HIVE_LOG_LEVEL"} <= names
    assert {name for name in names if not re.search(rf"`{name}\b", PAGE)} == set()
