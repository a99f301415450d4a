"""Runs a benchmark adapter written in Python as a command of a node.

    python -m hivemark.adapter package.module:Class

Prints {"metrics": {name: {value, direction, unit}}} or {"skipped": true, "reason": …} on standard output. What the
adapter itself prints goes to standard error. Exit status 0; 1 when the adapter failed, with its traceback on standard
error; 64 when the arguments are wrong.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from typing import List

from ._measure import ask_adapter, load


def main(arguments: List[str]) -> int:
    if len(arguments) != 1 or arguments[0] in ("-h", "--help"):
        asked = bool(arguments) and arguments[0] in ("-h", "--help")
        print(__doc__, end="", file=sys.stdout if asked else sys.stderr)
        return 0 if asked else 64
    # Whatever prints, also a library or a child process, must not mix with the result.
    result_file = os.dup(1)
    os.dup2(2, 1)
    try:
        result = ask_adapter(load(arguments[0]))
    except Exception:
        traceback.print_exc()
        return 1
    sys.stdout.flush()
    if "error" in result:
        print(result["error"], file=sys.stderr)
        return 1
    with os.fdopen(result_file, "w", encoding="utf-8") as out:
        json.dump(result, out, allow_nan=False)
        out.write("\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
