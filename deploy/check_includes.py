#!/usr/bin/env python3
"""Fails when a file includes what its folder must not know: a folder above or beside it, or a library that it is not
built on. Prints the table that it checked.

    deploy/check_includes.py [ROOT]

One line per finding on standard error: file:line, what it includes and the rule that forbids it. Exit status 0 when
there is none, 1 when there is one, 64 when ROOT is no checkout of Hivemark.
"""

import re
import sys
from pathlib import Path

CAF_CORE = ("caf/",)
CAF_RESULTS = ("caf/error.hpp", "caf/expected.hpp")
CAPNP = ("capnp/", "kj/")
POSIX = ("arpa/", "dirent.h", "dlfcn.h", "fcntl.h", "linux/", "netdb.h", "netinet/", "poll.h", "unistd.h", "sys/")
# What every folder of actors/ may include: the bounds of the services and the layers below. Beside that all may include
# the contracts of all services, api.hpp in the folder of each.
BELOW_ACTORS = ("actors", "storage", "platform", "platform/identity", "analysis", "messages")
ANY = None

# Per folder: the folders that it may include beside itself, and the outside headers that it may include beside the C++
# standard library's (ANY: all). A name that ends in "/" stands for all headers of a library.
FOLDERS = {
    "messages": ((), CAPNP + CAF_CORE + ("simdjson.h",)),
    "analysis": ((), ("boost/math/",)),
    "platform": (("messages",), CAPNP + CAF_CORE + POSIX + ("curl/", "fmt/", "git2.h", "git2/", "sodium.h", "spdlog/")),
    "platform/identity": (("platform", "messages"), CAPNP + CAF_CORE + POSIX + ("openssl/", "sodium.h")),
    "storage": (("platform", "platform/identity", "messages"), CAPNP + CAF_CORE + POSIX + ("rocksdb/", "xxhash.h")),
    "storage/backup": (
        ("storage", "platform", "platform/identity", "messages"),
        CAPNP + CAF_CORE + POSIX + ("rocksdb/",),
    ),
    "storage/hartos": (("messages",), CAPNP + CAF_CORE + POSIX + ("sqlite3.h",)),
    "gpu/ledger": (("messages",), CAF_CORE),
    "gpu/evidence": (("gpu/ledger", "messages"), CAPNP + CAF_CORE),
    "gpu/probe": (("messages",), CAPNP + CAF_CORE + POSIX),
    "gpu": (("gpu/kernels", "platform", "messages"), CAPNP + CAF_CORE + POSIX + ("cuda",)),
    "gpu/kernels": ((), ("cuda",)),
    "gpu/heavy": (("platform", "messages"), CAPNP + CAF_CORE + POSIX + ("CLI/",)),
    "gpu/quantiphy": (("gpu/heavy", "platform", "messages"), CAPNP + CAF_CORE + ("fmt/",)),
    "gpu/embodied": (("gpu/heavy", "gpu/kernels", "messages"), CAF_CORE + POSIX + ("cuda",)),
    "gpu/qwen_encoder": (
        ("gpu/heavy", "gpu/kernels", "platform", "messages"),
        CAPNP + CAF_CORE + POSIX + ("cuda", "cublasLt.h"),
    ),
    "actors": (("storage", "messages"), CAF_CORE),
    "actors/scheduling": (BELOW_ACTORS, ANY),
    "actors/remote": (BELOW_ACTORS, ANY),
    "actors/process": (BELOW_ACTORS, ANY),
    "actors/store": (BELOW_ACTORS, ANY),
    "actors/events": (BELOW_ACTORS, ANY),
    "actors/daemon": (BELOW_ACTORS, ANY),
    "actors/backup": (("storage/backup", *BELOW_ACTORS), ANY),
    "actors/audit": (("actors/store", *BELOW_ACTORS), ANY),
    "actors/benchmark/reports": (("actors/process", *BELOW_ACTORS), ANY),
    "actors/benchmark/guardrail": (BELOW_ACTORS, ANY),
    "actors/benchmark/snapshots": (BELOW_ACTORS, ANY),
    "actors/benchmark": (
        ("actors/benchmark/reports", "actors/benchmark/guardrail", "actors/benchmark/snapshots", "actors/process",
         "actors/store", "gpu/evidence", *BELOW_ACTORS),
        ANY,
    ),
    "actors/benchmark/install": (
        ("actors/benchmark", "actors/benchmark/reports", "actors/process", "actors/store", *BELOW_ACTORS),
        ANY,
    ),
    "actors/review/render": (BELOW_ACTORS, ANY),
    "actors/review/rules": (("actors/benchmark/reports", "actors/process", *BELOW_ACTORS), ANY),
    "actors/review": (
        ("actors/review/rules", "actors/benchmark/reports", "actors/benchmark/guardrail", "actors/process",
         "actors/store", *BELOW_ACTORS),
        ANY,
    ),
    "actors/tracker": (("actors/store", *BELOW_ACTORS), ANY),
    "actors/baseline": (("actors/store", *BELOW_ACTORS), ANY),
    "actors/upgrade/verdict": (BELOW_ACTORS, ANY),
    "actors/upgrade": (("actors/upgrade/verdict", "actors/benchmark", "actors/benchmark/snapshots", "actors/store", *BELOW_ACTORS), ANY),
    "actors/upgrade/hooks": (("actors/process", *BELOW_ACTORS), ANY),
    "actors/upgrade/stages": (("actors/benchmark", "actors/benchmark/snapshots", *BELOW_ACTORS), ANY),
    "actors/upgrade/cluster": (
        ("actors/upgrade", "actors/upgrade/gate", "actors/upgrade/decision", "actors/upgrade/hooks", "actors/upgrade/stages", "actors/upgrade/verdict",
         "actors/events", "actors/store", *BELOW_ACTORS),
        ANY,
    ),
    "actors/upgrade/gate": (("platform", "messages"), CAPNP + CAF_RESULTS),
    "actors/upgrade/decision": (
        ("actors/upgrade/gate", "actors/upgrade/verdict", "analysis", "platform", "platform/identity", "messages"),
        CAPNP + CAF_RESULTS,
    ),
    "actors/history": (("actors/store", *BELOW_ACTORS), ANY),
    "actors/monitoring": (("actors/benchmark", *BELOW_ACTORS), ANY),
    "actors/hive/link": (BELOW_ACTORS, ANY),
    "actors/hive/state": (BELOW_ACTORS, ANY),
    "actors/hive/members": (BELOW_ACTORS, ANY),
    "actors/hive/core": (("actors/hive/state", "actors/hive/members", *BELOW_ACTORS), ANY),
    "actors/hive/federation": (
        ("actors/hive/link", "actors/hive/core", "actors/hive/state", "actors/hive/members", "actors/store",
         *BELOW_ACTORS),
        ANY,
    ),
    "actors/engines": (("actors/hive/link", *BELOW_ACTORS), ANY),
    "actors/engine_client": (("actors/engines", "actors/hive/link", "actors/remote", "actors/scheduling", *BELOW_ACTORS), ANY),
    "actors/otlp": (BELOW_ACTORS, ANY),
    "actors/http": (("actors/otlp", *BELOW_ACTORS), ANY),
    "actors/namespaces": (BELOW_ACTORS, ANY),
    "actors/gpu": (("gpu", "gpu/evidence", "gpu/ledger", "actors/process", "actors/store", *BELOW_ACTORS), ANY),
    "actors/node": (("actors/scheduling", *BELOW_ACTORS), ANY),
}
# Folders of actors/ that know no actor, and so none of the contracts.
PURE = ("actors/upgrade/gate", "actors/upgrade/decision")
# Programs and tests may include everything below them.
PROGRAMS = ("apps", "tests")
# Parts of CAF that carry messages between processes; they belong to the actors.
CAF_ABOVE_CORE = ("caf/io/", "caf/openssl/")
# The log's library, whose headers take seconds to compile: behind platform/log.hpp.
LOG = ("spdlog/",)
SUFFIXES = {".cpp", ".hpp", ".cu", ".cuh"}
INCLUDE = re.compile(r"^\s*#\s*include\b\s*(.*)")
TARGET = re.compile(r'^(?:"([^"]+)"|<([^>]+)>)')
STANDARD = re.compile(r"^[a-z_0-9]+$")


def folder_of(path):
    """The folder of the table that a path lies in: the longest that fits. None for one that no row names."""
    parts = path.split("/")[:-1]
    for length in range(len(parts), 0, -1):
        folder = "/".join(parts[:length])
        if folder in FOLDERS or folder in PROGRAMS:
            return folder
    return None


def allowed(folder):
    """The folders that it may include, itself among them, and the outside headers."""
    if folder == "tests":
        return {*FOLDERS, *PROGRAMS}, ANY
    if folder == "apps":
        return {*FOLDERS, "apps"}, ANY
    below, outside = FOLDERS[folder]
    return {folder, *below}, outside


def forbidden(folder, quoted, target):
    """Why a file of `folder` must not include `target`, or None when it may."""
    below, outside = allowed(folder)
    parts = target.split("/")
    if ".." in parts:
        return "includes are spelled from the root of the tree, without '..'"
    if len(parts) > 1 and parts[0] in {name.split("/")[0] for name in (*FOLDERS, *PROGRAMS)}:
        is_contract = parts[0] == "actors" and parts[-1] == "api.hpp" and folder.startswith("actors/") and folder not in PURE
        if folder_of(target) in below or is_contract:
            return None
        return f"{folder}/ may include {', '.join(sorted(below - {folder})) or 'no other folder'}, not {folder_of(target)}/"
    if quoted:
        return 'includes are spelled from the root of the tree: "folder/file.hpp", and <…> for libraries'
    if target.startswith(LOG) and folder != "platform":
        return "the log is written through platform/log.hpp"
    if outside is ANY or STANDARD.match(target):
        return None
    if target.startswith(outside) and not target.startswith(CAF_ABOVE_CORE):
        return None
    return f"{folder}/ is built on the standard library, {', '.join(outside)} alone"


def sources(root):
    for top in sorted({name.split("/")[0] for name in (*FOLDERS, *PROGRAMS)}):
        yield from (path for path in sorted((root / top).rglob("*")) if path.suffix in SUFFIXES)


def findings(root):
    for path in sources(root):
        name = str(path.relative_to(root))
        folder = folder_of(name)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            include = INCLUDE.match(line)
            if not include:
                continue
            target = TARGET.match(include[1])
            rule = forbidden(folder, bool(target[1]), target[1] or target[2]) if target else "no computed includes"
            if rule:
                yield f"{name}:{number}: {include[1].strip()}: {rule}"


def circle():
    """Folders of the table that may include each other over however many steps, or None."""

    def visit(folder, path):
        if folder in path:
            return path[path.index(folder) :] + (folder,)
        for below in FOLDERS[folder][0]:
            if found := visit(below, path + (folder,)):
                return found
        return None

    return next((found for folder in FOLDERS if (found := visit(folder, ()))), None)


def table():
    for folder, (below, _) in FOLDERS.items():
        shown = list(below)
        if set(BELOW_ACTORS) <= set(below):
            shown = [name for name in below if name not in BELOW_ACTORS] + ["the common ones"]
        yield f"{folder:27} may include {', '.join(shown) or 'no other folder'}"
    yield f"{'the common ones':27} are {', '.join(BELOW_ACTORS)}"
    yield f"{', '.join(PROGRAMS):27} may include all of these"


def main(arguments):
    root = Path(arguments[0]) if arguments else Path(__file__).resolve().parent.parent
    if not (root / "messages").is_dir():
        print(f"check_includes: {root} is no checkout of Hivemark: it has no folder messages/", file=sys.stderr)
        return 64
    print("\n".join(table()))
    if rounds := circle():
        print(f"check_includes: the table has a circle: {' → '.join(rounds)}", file=sys.stderr)
        return 1
    found = list(findings(root))
    print("\n".join(found), file=sys.stderr, end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
