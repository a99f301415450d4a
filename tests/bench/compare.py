#!/usr/bin/env python3
"""Measures this revision, beside another one if there is one, and prints a table: medians and quartiles of runs that
take turns, limits, and ratios. `make bench` builds what it needs and starts it.

Exit status 0 when all that this revision has could be measured, whatever the figures are; 1 otherwise."""

import argparse
import json
import re
import signal
import sys
from dataclasses import asdict
from pathlib import Path

from comparison import allocation_rows, benchmark_program, growth_rows, node_rows, program_rows
from comparison.node import Side
from comparison.plan import Effort, measure_all
from comparison.table import render

BUILD = Path(__file__).resolve().parents[2] / "build/release"


def arguments(given=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=Path, default=BUILD / "bin", help="this revision's programs")
    parser.add_argument("--preload", type=Path, default=BUILD / "tests/bench/libhive_allocations.so",
                        help="the library that counts allocations")
    parser.add_argument("--base", type=Path, help="the other revision's programs")
    parser.add_argument("--base-name", default="base", help="what to call it")
    parser.add_argument("--filter", default="", help="regular expression: groups, rows and benchmarks of hive_bench")
    parser.add_argument("--runs", type=int, default=5, help="of each side, in turn (default 5)")
    parser.add_argument("--scale", type=float, default=1, help="of the work in a run; less than 1 only to try it out")
    parser.add_argument("--memory-requests", type=int, default=600_000, help="before memory is looked at")
    parser.add_argument("--most-records", type=int, default=10_000_000, help="of the growth with records")
    parser.add_argument("--results", type=Path, help="file for all values, as JSON")
    parser.add_argument("--list", action="store_true", help="print the names of groups and rows, and end")
    return parser.parse_args(given)


def table_groups(options):
    return [
        *node_rows.groups(options.memory_requests),
        *program_rows.groups(),
        *allocation_rows.groups(),
        *growth_rows.groups(options.most_records),
    ]


def matching(groups, pattern):
    """Groups whose name, or the name of a row of which, contains the pattern. A group is measured as a whole."""
    return [group for group in groups
            if any(re.search(pattern, name) for name in (group.name, *(row.name for row in group.rows)))]


def chosen_groups(options, side, effort):
    """Of the table, else of hive_bench."""
    groups = matching(table_groups(options), options.filter)
    if options.filter and not groups:
        groups = benchmark_program.other_benchmarks(side, options.filter, effort)
    return groups


def save(path, results):
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [asdict(result.row) | {"values": result.values, "missing": result.missing} for result in results]
    path.write_text(json.dumps(rows, indent=1), encoding="utf-8")


def main():
    options = arguments()
    if options.list:
        for group in table_groups(options):
            print(group.name, *("  " + row.name for row in group.rows), sep="\n")
        return 0
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # prints what there is, as after Ctrl-C
    effort = Effort(options.runs, options.scale)
    this = Side("this", options.bin, options.bin, options.preload)
    sides = [this] + ([Side("base", options.base, options.bin, options.preload)] if options.base else [])
    groups = chosen_groups(options, this, effort)
    if not groups:
        print(f"nothing matches {options.filter!r}; --list shows the names", file=sys.stderr)
        return 1
    results, whole = measure_all(groups, sides, effort)
    if options.results:
        save(options.results, results)
    print(f"\nbase: {options.base_name}\n" if options.base else "")
    print(render(results, bool(options.base)))
    return 0 if whole else 1


if __name__ == "__main__":
    sys.exit(main())
