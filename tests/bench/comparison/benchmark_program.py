"""The rows of hive_bench, which uses Google Benchmark."""

import contextlib
import json
import re
import subprocess
from dataclasses import dataclass

from .plan import Group, Missing
from .table import Row

_SUFFIX = re.compile(r"/(iterations:\d+|repeats:\d+|min_time:[\d.]+|manual_time|real_time|process_time|threads:\d+)$")
_TIME_UNITS = ("ns", "us", "ms", "s")
_RUN_LIMIT_S = 600


def plain_name(name):
    """Without what only says how it was timed, so that revisions which time differently compare."""
    while True:
        shorter = _SUFFIX.sub("", name)
        if shorter == name:
            return name
        name = shorter


def _runs(side, arguments):
    program = side.bin / "hive_bench"
    if not program.exists():
        raise Missing("this revision has no hive_bench")
    done = subprocess.run([program, *arguments], capture_output=True, text=True, timeout=_RUN_LIMIT_S, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"hive_bench failed: {(done.stderr or done.stdout).strip()[-500:]}")
    return done.stdout


def list_benchmarks(side):
    """All names, without suffixes."""
    return [plain_name(line) for line in _runs(side, ["--benchmark_list_tests"]).splitlines() if line]


def read_report(text):
    """Benchmarks by their plain names, without those that failed."""
    start = text.find("{")
    found = json.loads(text[start:])["benchmarks"] if start >= 0 else []
    return {plain_name(each["name"]): each for each in found
            if each.get("run_type", "iteration") == "iteration" and not each.get("error_occurred")}


def run_benchmarks(side, names, effort):
    pattern = "^(" + "|".join(re.escape(name) for name in names) + r")(/[a-z_]+(:[0-9.]+)?)*$"  # POSIX
    text = _runs(side, [f"--benchmark_filter={pattern}", "--benchmark_format=json",
                        f"--benchmark_min_time={effort.seconds(0.2)}"])
    return read_report(text)


@dataclass(frozen=True)
class BenchRow:
    """A row, and the field of the benchmark that is its value. Revisions without this benchmark may have had another one
    for the same, or two whose items per second make the ratio."""

    row: Row
    benchmark: str
    field: str = "real_time"
    formerly: tuple[str, ...] = ()


def _factor(given, wanted):
    """From one unit of time to another."""
    return 1000 ** (_TIME_UNITS.index(given) - _TIME_UNITS.index(wanted))


def value_of(found, wanted):
    """None when the benchmark or its field is missing. Times come in the row's unit."""
    each = found.get(wanted.benchmark)
    if each is None and wanted.formerly:
        return _former_value(found, wanted)
    if each is None or wanted.field not in each:
        return None
    value = each[wanted.field]
    if wanted.field in ("real_time", "cpu_time") and wanted.row.unit in _TIME_UNITS:
        value *= _factor(each["time_unit"], wanted.row.unit)
    return value


def _former_value(found, wanted):
    """Of a rate, or of the ratio of two."""
    rates = [found.get(name, {}).get("items_per_second") for name in wanted.formerly]
    if None in rates:
        return None
    return rates[0] if len(rates) == 1 else rates[0] / rates[1]


def costs_of(found, row, prefix, sizes):
    """Real times by size, in the row's unit of costs; sizes that the program does not have are absent."""
    out = {}
    for size in sizes:
        if (each := found.get(f"{prefix}{size}")) is not None:
            out[size] = each["real_time"] * _factor(each["time_unit"], row.cost_unit)
    return out


def bench_group(name, wanted, fits=(), runs=None):
    """`fits`: rows about the growth of a benchmark's real time, each with the prefix of its name that the size follows
    and the sizes."""
    names = {name for each in wanted for name in (each.benchmark, *each.formerly)}
    names |= {f"{prefix}{size}" for _, prefix, sizes in fits for size in sizes}

    @contextlib.contextmanager
    def opened(side, effort):
        def sample():
            found = run_benchmarks(side, sorted(names), effort)
            out = {each.row.name: value_of(found, each) for each in wanted}
            for row, prefix, sizes in fits:
                out[row.name] = costs_of(found, row, prefix, sizes)
            return {row: value for row, value in out.items() if value is not None}

        yield sample

    return Group(name, tuple(each.row for each in wanted) + tuple(row for row, _, _ in fits), opened, runs)


_PLAIN_FIELDS = {"name", "run_name", "run_type", "repetitions", "repetition_index", "threads", "iterations",
                 "real_time", "cpu_time", "time_unit", "family_index", "per_family_instance_index", "label"}


def other_benchmarks(side, pattern, effort):
    """Groups for benchmarks that are not in the table: the time of each and its counters, without limits. Runs each
    once to learn its counters."""
    out = []
    for name in list_benchmarks(side):
        each = run_benchmarks(side, [name], effort).get(name) if re.search(pattern, name) else None
        if each is None:
            continue
        wanted = [BenchRow(Row(name, each["time_unit"]), name)]
        wanted += [BenchRow(Row(f"{name} {counter}", "", "higher"), name, counter)
                   for counter in each if counter not in _PLAIN_FIELDS and isinstance(each[counter], (int, float))]
        out.append(bench_group(name, wanted))
    return out
