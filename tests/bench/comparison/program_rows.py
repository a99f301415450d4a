"""Rows that hive_bench measures within one process, most of them beside what they build on."""

from .benchmark_program import BenchRow, bench_group
from .table import Row


def _committer():
    limits = {1: 0.85, 16: 0.6, 64: 0.75, 256: 0.9}
    wanted = []
    for outstanding, limit in limits.items():
        benchmark = f"committer_writes/outstanding:{outstanding}"
        title = f"committer, {outstanding} outstanding"
        before = (f"committer_throughput/{outstanding}", f"raw_rocksdb_throughput/{outstanding}")
        wanted.append(BenchRow(Row(f"{title}: writes / raw RocksDB", "ratio", "higher", limit), benchmark, "ratio",
                               formerly=before))
        wanted.append(BenchRow(Row(title, "writes/s", "higher"), benchmark, "items_per_second", formerly=before[:1]))
    return bench_group("committer", wanted)


def _batches():
    wanted = []
    for clients, who in ((1, "1 client"), (8, "8 clients")):
        benchmark = f"task_records/batch:100/outstanding:256/clients:{clients}/keyed:0"
        title = f"batches of 100 records, {who}"
        wanted.append(BenchRow(Row(f"{title}: records / raw RocksDB", "ratio", "higher", 0.85), benchmark, "ratio"))
        wanted.append(BenchRow(Row(title, "records/s", "higher"), benchmark, "items_per_second"))
    return bench_group("records within a node", wanted)


def _sqlite():
    name = "record_beside_sqlite"
    title = "one record after the other"
    return bench_group("SQLite", [BenchRow(Row(f"{title} / SQLite", "ratio", "higher", 1), name, "ratio"),
                                  BenchRow(Row(title, "records/s", "higher"), name, "items_per_second")])


def _json():
    out = tuple(10**n for n in range(1, 6))
    large = "json_in/metrics:10000"
    wanted = [
        BenchRow(Row("JSON out, 10,000 metrics", "ms", limit=25), "json_out/metrics:10000"),
        BenchRow(Row("JSON in, 10,000 metrics / Boost.JSON's parse", "ratio", limit=3), large, "ratio"),
        BenchRow(Row("JSON in, 10,000 metrics", "ms"), large),
        BenchRow(Row("JSON out, 100 metrics", "us"), "snapshot_to_json"),
        BenchRow(Row("JSON in, 100 metrics", "us"), "snapshot_from_json"),
    ]
    fits = [(Row("JSON out, 10 to 100,000 metrics", "exponent", limit=1.1, cost_unit="us"), "json_out/metrics:", out)]
    return bench_group("JSON", wanted, fits)


def _check():
    row = Row("upgrade check of 10,000 metrics from the store", "ms", limit=5)
    return bench_group("upgrade check", [BenchRow(row, "upgrade_check_from_store/10000")])


def _links():
    limits = {(16_384, 1): 0.75, (16_384, 64): 0.65, (1_024, 1): 0.9, (1_024, 64): 0.9, (64, 1): 0.9, (64, 64): 0.9}
    wanted = []
    for (size, outstanding), limit in limits.items():
        benchmark = f"link_ping/bytes:{size}/outstanding:{outstanding}"
        title = f"link, {size:,} B, {outstanding} outstanding"
        wanted.append(BenchRow(Row(f"{title}: pings / bare CAF", "ratio", "higher", limit), benchmark, "ratio"))
        wanted.append(BenchRow(Row(title, "pings/s", "higher"), benchmark, "items_per_second"))
    return bench_group("links", wanted)


def groups():
    return [_committer(), _batches(), _sqlite(), _json(), _check(), _links()]
