#!/usr/bin/env python3
"""Fails when an include points upward in the layers, or out of what a layer is built on.

    deploy/check_includes.py [ROOT]

One line per finding: file:line, what it includes and the rule that forbids it. Exit status 0 when there is none, 1
when there is one, 64 when ROOT is no checkout of Hivemark.
"""

import re
import sys
from pathlib import Path

# Per folder: the folders of this project that it may include beside itself, and the outside headers it may include
# beside the C++ standard library's (None: any). A prefix that ends in "/" stands for a whole library.
CAF_CORE = ("caf/",)
CAPNP = ("capnp/", "kj/")
POSIX = ("dlfcn.h", "fcntl.h", "unistd.h", "sys/")
LAYERS = {
    "messages": ((), CAPNP + CAF_CORE),
    "analysis": ((), ("boost/math/",)),
    "storage": (("messages",), CAPNP + CAF_CORE + POSIX + ("rocksdb/", "sqlite3.h", "xxhash.h", "spdlog/")),
    "gpu": (("messages",), CAPNP + CAF_CORE + POSIX + ("cuda", "spdlog/")),
    "actors": (("messages", "storage", "gpu", "analysis"), None),
    "apps": (("messages", "storage", "gpu", "analysis", "actors"), None),
    "tests": (("messages", "storage", "gpu", "analysis", "actors", "apps"), None),
}
# Parts of CAF that carry messages between processes; they belong to the actors.
CAF_ABOVE_CORE = ("caf/io/", "caf/openssl/")
SUFFIXES = {".cpp", ".hpp", ".cu", ".cuh"}
INCLUDE = re.compile(r"^\s*#\s*include\b\s*(.*)")
TARGET = re.compile(r'^(?:"([^"]+)"|<([^>]+)>)')
STANDARD = re.compile(r"^[a-z_0-9]+$")


def forbidden(layer, quoted, target):
    """Why a file of `layer` must not include `target`, or None when it may."""
    below, outside = LAYERS[layer]
    folder = target.split("/")[0]
    if ".." in target.split("/"):
        return "includes are spelled from the root of the tree, without '..'"
    if folder in LAYERS and "/" in target:
        if folder == layer or folder in below:
            return None
        return f"{layer}/ may include {', '.join(f'{name}/' for name in below) or 'no other folder'}, not {folder}/"
    if quoted:
        return 'includes are spelled from the root of the tree: "folder/file.hpp", and <…> for libraries'
    if outside is None or STANDARD.match(target):
        return None
    if target.startswith(outside) and not target.startswith(CAF_ABOVE_CORE):
        return None
    return f"{layer}/ is built on the standard library, {', '.join(outside)} alone"


def findings(root):
    for layer in LAYERS:
        for path in sorted((root / layer).rglob("*")):
            if path.suffix not in SUFFIXES:
                continue
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
                include = INCLUDE.match(line)
                if not include:
                    continue
                target = TARGET.match(include[1])
                rule = forbidden(layer, bool(target[1]), target[1] or target[2]) if target else "no computed includes"
                if rule:
                    yield f"{path.relative_to(root)}:{number}: {include[1].strip()}: {rule}"


def main(arguments):
    root = Path(arguments[0]) if arguments else Path(__file__).resolve().parent.parent
    if not (root / "messages").is_dir():
        print(f"check_includes: {root} is no checkout of Hivemark: it has no folder messages/", file=sys.stderr)
        return 64
    found = list(findings(root))
    print("\n".join(found), file=sys.stderr, end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
