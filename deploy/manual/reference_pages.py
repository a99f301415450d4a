#!/usr/bin/env python3
"""Writes the pages of docs/reference that follow from the programs and sources: reference_pages.py HIVED HIVECTL [DIR].

hivectl.md from the help of every command, http-api.md from a node's OpenAPI document, limits.md from
actors/defaults.hpp. Without DIR they go to docs/reference; a test compares what is there with what this writes.
"""
import json
import re
import signal
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
WRITTEN = "<!-- Written by deploy/manual/reference_pages.py; edit what it reads. -->\n"


def help_of(hivectl, words):
    done = subprocess.run([hivectl, "help", *words], env=ENVIRONMENT, capture_output=True, text=True, check=True)
    return done.stdout


def section(text, title):
    """The lines of a section of a help text."""
    part = re.search(rf"^{title}:\n((?: +.*\n)*)", text, re.M)
    return part[1] if part else ""


def command(hivectl, words):
    """A command's part of the page, and those of the commands below it."""
    text = help_of(hivectl, words)
    below = re.findall(r"^  (\S+)", section(text, "Subcommands"), re.M)
    about, _, rest = text.partition("\n")
    rest = re.sub(r"^Global options:\n(?: +.*\n)*\n?", "", rest, flags=re.M)
    rest = re.sub(r"^  -h,--help .*\n", "", rest, flags=re.M)
    rest = re.sub(r"^Options:\n(?=\n|\Z)\n?", "", rest, flags=re.M)
    rest = "".join(line.rstrip() + "\n" for line in rest.strip().splitlines())
    yield f"{'#' * min(len(words) + 1, 4)} hivectl {' '.join(words)}\n\n{about}.\n\n```\n{rest}```\n"
    for name in below:
        yield from command(hivectl, [*words, name])


def hivectl_page(_, hivectl):
    text = help_of(hivectl, [])
    names = re.findall(r"^  (\S+)", section(text, "Subcommands"), re.M)
    parts = [part for name in names for part in command(hivectl, [name])]
    return (
        "# hivectl\n\n" + WRITTEN + "\nEvery command with its options, as `hivectl help COMMAND` and the manual pages show them. "
        "[Exit statuses](exit-status.md) are the same\nfor all.\n\nThese options go with every command:\n\n```\n"
        + section(text, "Options") + "```\n\n" + "\n".join(parts)
    )


def openapi(hived):
    """The OpenAPI document of a node that is started for it."""
    with tempfile.TemporaryDirectory() as folder:
        words = [hived, "--data", folder + "/data", "--http", "127.0.0.1:0"]
        node = subprocess.Popen(words, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        try:
            ready = re.match(r"hived ready http=(\S+)", node.stdout.readline())
            with urllib.request.urlopen(f"http://{ready[1]}/openapi.json", timeout=60) as answer:
                return json.load(answer)
        finally:
            node.send_signal(signal.SIGTERM)
            node.wait(60)


def role(operation):
    found = re.search(r"Needs (?:role (\w+)|no token)", operation["description"])
    return f"`{found[1]}`" if found[1] else "none"


def http_api_page(hived, _):
    tags = {}
    for path, operations in openapi(hived)["paths"].items():
        for method, operation in operations.items():
            row = f"| `{method.upper()} {path}` | {role(operation)} | {operation['summary']} |\n"
            tags.setdefault(operation["tags"][0], []).append(row)
    tables = [f"## {tag}\n\n| route | role | meaning |\n|---|---|---|\n{''.join(rows)}" for tag, rows in sorted(tags.items())]
    return (
        "# HTTP API\n\n" + WRITTEN + "\nAll routes of a node. `GET /openapi.json` of the node has their parameters, bodies and answers; "
        "its Python client is in\n[deploy/python](../../deploy/python/README.md). [Configuration](configuration.md#http) says which role "
        "needs a token, and\n[errors](errors.md) what an error means.\n\n" + "\n".join(tables)
    )


def value(text):
    """A constant as a reader writes it."""
    text = re.sub(r"size_t\{(\d+)\}|uint64_t\{(\d+)\}|(\d+)u(?= <<)", lambda m: m[1] or m[2] or m[3], text).replace("'", ",")
    text = re.sub(r"\b(\d+) << (10|20|30)\b", lambda m: f"{m[1]} {dict(zip(('10', '20', '30'), ('KiB', 'MiB', 'GiB')))[m[2]]}", text)
    text = re.sub(r"\b(\d+)(ms|s|min|h)\b", r"\1 \2", text)
    return text if re.fullmatch(r"[\d,.e-]+( \w+)?", text) else f"`{text}`"


def limits_page(*_):
    tables, comment, heading = [], [], None
    for line in (ROOT / "actors/defaults.hpp").read_text(encoding="utf-8").splitlines():
        if found := re.match(r"// -- (\w+) -+$", line):
            heading = found[1]
            tables.append(f"\n## {heading}\n\n| name | value | meaning |\n|---|---|---|\n")
        elif line.startswith("/// ") and heading:
            comment.append(line[4:])
        elif found := re.match(r"inline constexpr \S+ (\w+) = (.*);$", line):
            text = " ".join(comment).replace("|", "\\|") or "as above"
            tables.append(f"| `{found[1]}` | {value(found[2])} | {text} |\n")
            comment = []
        else:
            comment = []
    return (
        "# Limits\n\n" + WRITTEN + "\nThe bounds and timeouts of a node that are fixed; those that can be set are keys of the "
        "[configuration](configuration.md). A\nrequest beyond a bound is refused with a code that says so ([errors](errors.md)); "
        "nothing grows without one.\n" + "".join(tables)
    )


PAGES = {"hivectl.md": hivectl_page, "http-api.md": http_api_page, "limits.md": limits_page}


def main(hived, hivectl, folder=ROOT / "docs/reference"):
    for name, write in PAGES.items():
        (Path(folder) / name).write_text(write(hived, hivectl), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
