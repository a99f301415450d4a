"""Runs a program of HART OS over a node.

    python -m hivemark.hartos SCRIPT [ARGUMENT…]
    python -m hivemark.hartos -m MODULE [ARGUMENT…]

The program's imports of HART OS's measuring modules get those of this package. `pydoc hivemark.hartos` lists the
environment variables. Exit status: the program's; 64 when the arguments are wrong, 66 when there is no such script.
"""

from __future__ import annotations

import os
import runpy
import sys
from typing import List


def main(arguments: List[str]) -> int:
    if not arguments or arguments[0] in ("-h", "--help") or arguments == ["-m"]:
        asked = bool(arguments) and arguments[0] in ("-h", "--help")
        print(__doc__, end="", file=sys.stdout if asked else sys.stderr)
        return 0 if asked else 64
    is_module = arguments[0] == "-m"
    name = arguments[1] if is_module else arguments[0]
    if not is_module and not os.path.exists(name):
        print(f"hivemark.hartos: there is no script {name}", file=sys.stderr)
        return 66
    from . import install  # noqa: F401  # for its effect

    sys.argv = arguments[1:] if is_module else arguments
    if is_module:
        sys.path.insert(0, os.getcwd())
        runpy.run_module(name, run_name="__main__", alter_sys=True)
    else:
        sys.path.insert(0, os.path.dirname(os.path.abspath(name)))
        runpy.run_path(name, run_name="__main__")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
