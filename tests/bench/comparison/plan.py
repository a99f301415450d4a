"""How rows are measured: both sides take turns."""

import contextlib
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import Callable

from .figures import exponent
from .table import Result, Row


class Missing(Exception):
    """A side has no such row."""


@dataclass(frozen=True)
class Effort:
    """How much is done. The tests do little."""

    runs: int = 5
    scale: float = 1

    def count(self, full):
        return max(1, round(full * self.scale))

    def seconds(self, full):
        return max(0.1, full * self.scale)

    def sizes(self, full):
        """All of them, or the smallest three when less is done."""
        return full if self.scale >= 1 else full[:3]


@dataclass(frozen=True)
class Group:
    """Rows that are measured together. `opened(side, effort)` is a context that holds what a side needs over all runs,
    and gives a function; each call of that is a run, and returns the values of the rows by their names: numbers, or a
    dictionary of costs by size, of which the exponent is the value. A name that is absent is missing on that side."""

    name: str
    rows: tuple[Row, ...]
    opened: Callable
    runs: int | None = None  # where that differs from the effort's


@dataclass(frozen=True)
class Growth:
    """The same for costs at growing sizes; the function takes the size. The value of a row is the fitted exponent,
    and the costs are shown as well."""

    name: str
    rows: tuple[Row, ...]
    sizes: tuple[int, ...]
    opened: Callable
    runs: int | None = None


class _Turns:
    """The open contexts of the sides. A side that fails is out, with the reason."""

    def __init__(self, group, sides, effort, stack):
        self.failed = {}
        self.samples = {}
        self._broken = set()
        for side in sides:
            with self._noting(side):
                self.samples[side.label] = stack.enter_context(group.opened(side, effort))

    @contextlib.contextmanager
    def _noting(self, side):
        try:
            yield
        except Missing as why:
            self.failed[side.label] = str(why)
        except (OSError, ValueError, KeyError, RuntimeError, subprocess.SubprocessError) as why:
            self.failed[side.label] = f"{type(why).__name__}: {why}"
            self._broken.add(side.label)

    def sample(self, side, *arguments):
        out = {}
        if side.label not in self.failed:
            with self._noting(side):
                out = self.samples[side.label](*arguments)
        return out

    def is_broken(self):
        """Whether this revision failed, other than by having no such row."""
        return "this" in self._broken


def _order(sides, run):
    """Who goes first changes with each run, so that neither has what the other leaves behind in all of them."""
    return sides if run % 2 == 0 else list(reversed(sides))


def _take_group(group, sides, runs, turns):
    taken = {side.label: [] for side in sides}
    for run in range(runs):
        for side in _order(sides, run):
            taken[side.label].append(turns.sample(side))
    return taken


def _take_growth(group, sides, runs, turns, sizes):
    """Costs by size for each run and row."""
    taken = {side.label: [{} for _ in range(runs)] for side in sides}
    for size in sizes:
        for run in range(runs):
            for side in _order(sides, run):
                for name, cost in turns.sample(side, size).items():
                    taken[side.label][run].setdefault(name, {})[size] = cost
    return taken


def _add(result, label, taken):
    """What one run has of the row."""
    value = taken.get(result.row.name)
    if isinstance(value, dict):
        for size, cost in value.items():
            result.costs.setdefault(label, {}).setdefault(size, []).append(cost)
        value = exponent(value.items())
    if value is not None:
        result.values.setdefault(label, []).append(value)


def measure(group, sides, effort):
    """Results of the group's rows, and whether all that this revision has could be measured."""
    runs = min(group.runs or effort.runs, effort.runs)
    with contextlib.ExitStack() as stack:
        turns = _Turns(group, sides, effort, stack)
        if isinstance(group, Growth):
            taken = _take_growth(group, sides, runs, turns, effort.sizes(group.sizes))
        else:
            taken = _take_group(group, sides, runs, turns)
    out = []
    for row in group.rows:
        result = Result(row)
        for side in sides:
            for run in taken[side.label]:
                _add(result, side.label, run)
            if side.label not in result.values:
                result.missing[side.label] = turns.failed.get(side.label, "no such row")
        out.append(result)
    return out, not turns.is_broken()


def measure_all(groups, sides, effort, say=lambda text: print(text, file=sys.stderr, flush=True)):
    """In order, with a line of progress for each group. An interrupt ends it with what there is."""
    results, whole = [], True
    for number, group in enumerate(groups, 1):
        began = time.monotonic()
        try:
            got, good = measure(group, sides, effort)
        except KeyboardInterrupt:
            say(f"[{number}/{len(groups)}] {group.name}: interrupted")
            return results, False
        results += got
        whole = whole and good
        say(f"[{number}/{len(groups)}] {group.name}: {time.monotonic() - began:.0f} s")
    return results, whole
