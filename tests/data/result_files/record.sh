#!/bin/bash
# Records the result files of real benchmark tools, see README.md. Usage: record.sh [output directory]
# Needs python3-pytest-benchmark, libbenchmark-dev, hyperfine, golang-go, librust-criterion-dev and cargo.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1 GOFLAGS=-mod=mod GOCACHE=$work/go-cache CARGO_HOME=$work/cargo

# The place and the machine of the recording say nothing about the tool.
clean() { sed -i "s|$work|/src|g; s|\"$(hostname)\"|\"host\"|g" "$@"; }

cd "$work"
cat > test_speed.py <<'P'
import pytest
def test_sum(benchmark): benchmark.pedantic(sum, args=(range(1000),), rounds=20, iterations=5)
@pytest.mark.parametrize("size", [10, 100])
def test_sort(benchmark, size): benchmark.pedantic(sorted, args=(list(range(size, 0, -1)),), rounds=10)
P
/usr/bin/python3 -m pytest -q -p no:cacheprovider --benchmark-json="$out/pytest_benchmark.json" test_speed.py >/dev/null
clean "$out/pytest_benchmark.json"

cat > speed.cpp <<'P'
#include <benchmark/benchmark.h>
#include <vector>
static void copy(benchmark::State& state) {
  std::vector<char> from(state.range(0)), to(state.range(0));
  for (auto _ : state) { to = from; benchmark::DoNotOptimize(to.data()); }
  state.SetBytesProcessed(state.iterations() * state.range(0));
  state.counters["depth"] = 7;
}
BENCHMARK(copy)->Arg(64)->Arg(4096);
static void busy(benchmark::State& state) {
  for (auto _ : state) for (int i = 0; i < 1000; ++i) benchmark::DoNotOptimize(i);
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(busy)->Unit(benchmark::kMicrosecond);
static void broken(benchmark::State& state) { state.SkipWithError("no such device"); for (auto _ : state) {} }
BENCHMARK(broken);
BENCHMARK_MAIN();
P
g++ -O1 speed.cpp -lbenchmark -lpthread -o speed
google() { ./speed --benchmark_min_time=0.01 --benchmark_out_format=json --benchmark_out="$out/$1" "${@:2}" >/dev/null 2>&1; clean "$out/$1"; }
google google_benchmark.json --benchmark_filter='copy|busy'
google google_repeated.json --benchmark_filter='copy|busy' --benchmark_repetitions=4
google google_aggregates.json --benchmark_filter='busy' --benchmark_repetitions=4 --benchmark_report_aggregates_only=true
google google_error.json

hyperfine --style none --runs 5 --export-json "$out/hyperfine.json" 'sleep 0.01' 'true' >/dev/null 2>&1
hyperfine --style none --runs 3 --ignore-failure --export-json "$out/hyperfine_failed.json" 'exit 3' >/dev/null 2>&1
hyperfine --style none --runs 3 --parameter-list ms 1,2 --export-json "$out/hyperfine_parameters.json" 'sleep 0.00{ms}' >/dev/null 2>&1

mkdir -p go/second && cd go
cat > go.mod <<'P'
module example.com/speed
go 1.19
P
cat > speed_test.go <<'P'
package speed
import ("testing"; "strings")
func BenchmarkRepeat(b *testing.B) { b.ReportAllocs(); for i := 0; i < b.N; i++ { _ = strings.Repeat("x", 100) } }
func BenchmarkCopy(b *testing.B) {
  from := make([]byte, 1<<16); to := make([]byte, 1<<16); b.SetBytes(1 << 16)
  for i := 0; i < b.N; i++ { copy(to, from) }
}
func BenchmarkSizes(b *testing.B) {
  for _, name := range []string{"small", "large"} {
    b.Run(name, func(b *testing.B) { b.ReportMetric(12.5, "rows/s"); b.ReportMetric(3, "depth"); for i := 0; i < b.N; i++ {} })
  }
}
P
cat > second/second_test.go <<'P'
package second
import "testing"
func BenchmarkCopy(b *testing.B) { for i := 0; i < b.N; i++ {} }
P
gobench() { go test -run '^$' -bench "$2" -benchtime 200x "${@:3}" > "$out/$1" 2>/dev/null || true; }
gobench go_bench.txt . -count 3
gobench go_bench_v.txt . -v
gobench go_bench_packages.txt Copy ./...
cat > fails_test.go <<'P'
package speed
import "testing"
func BenchmarkFails(b *testing.B) { b.Fatal("no such device") }
func BenchmarkPrints(b *testing.B) { println("hello"); for i := 0; i < b.N; i++ {} }
P
gobench go_bench_failed.txt . 
cat > fails_test.go <<'P'
package speed
import ("fmt"; "testing")
func BenchmarkPrints(b *testing.B) { fmt.Println("hello from the benchmark"); for i := 0; i < b.N; i++ {} }
func BenchmarkSkips(b *testing.B) { b.Skip("no such device") }
P
gobench go_bench_prints.txt 'Prints|Skips'
clean "$out"/go_bench*.txt
cd ..

mkdir -p rust/benches rust/src && cd rust
cat > Cargo.toml <<'P'
[package]
name = "speed"
version = "0.1.0"
edition = "2018"
[dev-dependencies]
criterion = { version = "0.3", default-features = false }
[[bench]]
name = "speed"
harness = false
P
echo > src/lib.rs
cat > benches/speed.rs <<'P'
use criterion::{criterion_group, criterion_main, BenchmarkId, Criterion, Throughput, black_box};
fn speed(c: &mut Criterion) {
    c.bench_function("sum", |b| b.iter(|| (0..black_box(100u64)).sum::<u64>()));
    let mut group = c.benchmark_group("copy");
    group.throughput(Throughput::Bytes(4096)).sample_size(10);
    group.bench_with_input(BenchmarkId::new("vec", 4096), &4096, |b, n| { let v = vec![1u8; *n]; b.iter(|| black_box(v.clone())) });
    group.finish();
}
criterion_group! { name = benches; config = Criterion::default().sample_size(10).measurement_time(std::time::Duration::from_millis(50)).warm_up_time(std::time::Duration::from_millis(10)); targets = speed }
criterion_main!(benches);
P
mkdir -p .cargo
cat > .cargo/config.toml <<'P'
[source.crates-io]
replace-with = "debian"
[source.debian]
directory = "/usr/share/cargo/registry"
P
if "$(command -v cargo)" bench --offline -q >"$work/cargo.log" 2>&1; then
  rm -rf "$out/criterion"
  for new in $(cd target/criterion && find . -type d -name new); do
    mkdir -p "$out/criterion/$new"
    cp target/criterion/"$new"/{benchmark,estimates,sample}.json "$out/criterion/$new/"
  done
else
  tail -20 "$work/cargo.log"
fi
