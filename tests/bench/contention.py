"""How much a load that starts between two runs changes what they measure: the figures behind the thresholds of
analysis/contention.hpp.

    tests/bench/contention.py [--pairs N] [--seconds S]

Runs a fixed piece of work on one processor in pairs, the second run of each beside a process that is busy for a part of
the time, and none in a third of the pairs. Prints, for classes of the difference of the load of all others (as a share of
the processors) and of the pressure (/proc/pressure/cpu), how many pairs there were and the median and the 90th percentile
of |ln(second / first)| of the wall time.
"""

import argparse
import hashlib
import math
import multiprocessing
import os
import random
import time

TICK_S = 1 / os.sysconf("SC_CLK_TCK")
SHARES = (0, 0, 0, 0.1, 0.2, 0.4, 0.7, 1)


def busy(share, cpu):
    """Works `share` of every 20 ms, on one processor."""
    os.sched_setaffinity(0, {cpu})
    while True:
        end = time.perf_counter() + 0.02 * share
        while time.perf_counter() < end:
            pass
        time.sleep(0.02 * (1 - share))


def work(rounds):
    data = b"x" * 4096
    for _ in range(rounds):
        data = hashlib.sha256(data).digest() * 128


def machine():
    """Busy seconds of all processors, and seconds in which a task waited for one."""
    with open("/proc/stat", encoding="ascii") as file:
        user, nice, system, _, _, irq, softirq = map(int, file.readline().split()[1:8])
    with open("/proc/pressure/cpu", encoding="ascii") as file:
        waited = int(file.readline().rsplit("=", 1)[1]) / 1e6
    return (user + nice + system + irq + softirq) * TICK_S, waited


def run(rounds):
    """Wall time, load of all others in processors, pressure."""
    busy_before, waited_before = machine()
    start, own = time.perf_counter(), time.process_time()
    work(rounds)
    wall, own = time.perf_counter() - start, time.process_time() - own
    busy_after, waited_after = machine()
    return wall, max(0, busy_after - busy_before - own) / wall, (waited_after - waited_before) / wall


def pair(rounds, share, is_first):
    """Two runs, of which one has company."""
    runs = []
    for number in range(2):
        other = None
        if share and (number == 0) == is_first:
            other = multiprocessing.Process(target=busy, args=(share, random.randrange(os.cpu_count())), daemon=True)
            other.start()
            time.sleep(0.05)
        runs.append(run(rounds))
        if other:
            other.kill()
            other.join()
    return runs


def show(title, pairs, bounds):
    print(title)
    for low, high in zip(bounds, bounds[1:]):
        found = sorted(change for difference, change in pairs if low <= difference < high)
        if found:
            print(
                f"  {low:4.2f} to {high:4.2f}: {len(found):4} pairs, median {found[len(found) // 2]:6.1%}, "
                f"90th percentile {found[int(len(found) * 0.9)]:6.1%}"
            )


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--pairs", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=0.5)
    options = parser.parse_args()
    rounds = 1000
    while (took := run(rounds)[0]) < options.seconds / 2:
        rounds = int(rounds * max(1.5, options.seconds / took))
    cores = os.cpu_count()
    by_load, by_pressure = [], []
    for _ in range(options.pairs):
        first, second = pair(rounds, random.choice(SHARES), random.random() < 0.5)
        change = abs(math.log(second[0] / first[0]))
        by_load.append((abs(second[1] - first[1]) / cores, change))
        by_pressure.append((abs(second[2] - first[2]), change))
    bounds = (0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 10)
    show("difference of the others' load, as a share of the processors", by_load, bounds)
    show("difference of the pressure", by_pressure, bounds)


if __name__ == "__main__":
    main()
