#!/bin/bash
# Records the reports of more test runners, see README.md. Usage: record.sh OUTPUT_DIRECTORY NODE_MODULES
# Needs of Debian 12: catch2 doctest-dev libgtest-dev cmake bats golang-go phpunit python3-pytest python3-pytest-subtests
# python3-pytest-rerunfailures; Node.js 20; and in NODE_MODULES: jest jest-junit vitest mocha mocha-junit-reporter tape ava.
set -u
out=$(cd "$1" && pwd)
modules=$(cd "$2" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1 NO_COLOR=1 CI=1 GOFLAGS=-mod=mod GOCACHE=$work/gocache

clean() {
  sed -i -E "s|/private$work|/src|g; s|$work|/src|g; s|$modules|/src/node_modules|g; s|hostname=\"$(hostname)\"|hostname=\"host\"|g" "$1"
}
# run NAME COMMAND...: standard output into NAME, prints the exit status.
run() { name=$1; shift; "$@" > "$out/$name" 2> "$work/stderr"; echo "$name: exit status $?"; clean "$out/$name"; }
# file NAME PATH COMMAND...: the file that the command writes into NAME.
file() { name=$1; from=$2; shift 2; "$@" > "$work/stdout" 2> "$work/stderr"; echo "$name: exit status $?"; mv "$from" "$out/$name"; clean "$out/$name"; }
dir() { mkdir -p "$work/$1" && cd "$work/$1" || exit 1; }

# -- C++: two of four test cases fail ------------------------------------------
dir cpp
cat > catch2.cpp <<'P'
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
#include <stdexcept>
TEST_CASE("adds") { CHECK(1 + 1 == 2); CHECK(2 + 2 == 4); CHECK(3 + 3 == 6); }
TEST_CASE("divides") { CHECK(4 / 2 == 2); CHECK(5 / 2 == 3); CHECK(7 / 2 == 4); }
TEST_CASE("throws") { throw std::runtime_error("broken"); }
TEST_CASE("multiplies") { REQUIRE(2 * 3 == 6); }
P
c++ catch2.cpp -o c2
run catch2.xml ./c2 -r junit
file catch2_one.xml one.xml ./c2 -r junit -o one.xml adds
cat > doctest.cpp <<'P'
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>
#include <stdexcept>
TEST_CASE("adds") { CHECK(1 + 1 == 2); CHECK(2 + 2 == 4); CHECK(3 + 3 == 6); }
TEST_CASE("divides") { CHECK(4 / 2 == 2); CHECK(5 / 2 == 3); CHECK(7 / 2 == 4); }
TEST_CASE("throws") { throw std::runtime_error("broken"); }
TEST_CASE("multiplies") { REQUIRE(2 * 3 == 6); }
TEST_CASE("off" * doctest::skip()) { CHECK(false); }
P
c++ doctest.cpp -o dt
run doctest.xml ./dt --reporters=junit
cat > gtest.cpp <<'P'
#include <gtest/gtest.h>
TEST(sums, adds) { EXPECT_EQ(1 + 1, 2); }
TEST(sums, divides) { EXPECT_EQ(5 / 2, 3); EXPECT_EQ(7 / 2, 4); }
TEST(sums, waits) { GTEST_SKIP() << "later"; }
TEST(sums, DISABLED_off) { FAIL(); }
class even : public testing::TestWithParam<int> {};
TEST_P(even, is_even) { EXPECT_EQ(GetParam() % 2, 0); }
INSTANTIATE_TEST_SUITE_P(numbers, even, testing::Values(2, 3, 4));
P
c++ gtest.cpp -o gt -lgtest -lgtest_main -pthread
file gtest_parameters.xml g.xml ./gt --gtest_output=xml:g.xml
file gtest_filtered.xml g.xml ./gt --gtest_output=xml:g.xml '--gtest_filter=sums.adds:sums.DISABLED_off'

# -- ctest: repeated until they pass -------------------------------------------
dir ct
cat > CMakeLists.txt <<'P'
cmake_minimum_required(VERSION 3.25)
project(t NONE)
enable_testing()
add_test(NAME flaky COMMAND sh -c "test -e seen || { touch seen; exit 1; }")
add_test(NAME fails COMMAND false)
add_test(NAME passes COMMAND true)
add_test(NAME skips COMMAND sh -c "exit 77")
set_tests_properties(skips PROPERTIES SKIP_RETURN_CODE 77)
P
cmake . > /dev/null
run ctest_until_pass.txt ctest --repeat until-pass:3 --output-junit r.xml
mv r.xml "$out/ctest_until_pass.xml"; clean "$out/ctest_until_pass.xml"
run ctest_until_fail.txt ctest --repeat until-fail:2 -R passes\|skips

# -- pytest and its plugins -----------------------------------------------------
dir py
cat > test_reruns.py <<'P'
seen = []
def test_flaky():
    seen.append(1)
    assert len(seen) > 1
def test_always_fails(): assert False
def test_ok(): pass
P
cat > test_subtests.py <<'P'
def test_mixed(subtests):
    for i in range(3):
        with subtests.test(i=i):
            assert i != 1
def test_all_pass(subtests):
    for i in range(4):
        with subtests.test(i=i):
            pass
def test_plain(): pass
P
cat > test_tear.py <<'P'
import pytest
@pytest.fixture
def late():
    yield
    raise RuntimeError("tear-down")
def test_passes_then_breaks(late): pass
def test_fails_and_breaks(late): assert False
def test_fine(): pass
P
pytest() { /usr/bin/python3 -m pytest -p no:cacheprovider "$@"; }
file pytest_reruns.xml r.xml pytest -q --reruns 2 -p no:subtests test_reruns.py --junitxml=r.xml
run pytest_reruns.txt pytest -q --reruns 2 test_reruns.py
file pytest_subtests.xml r.xml pytest -q test_subtests.py --junitxml=r.xml
run pytest_subtests.txt pytest -q test_subtests.py
file pytest_teardown_xunit1.xml r.xml pytest -q test_tear.py -o junit_family=xunit1 --junitxml=r.xml
run pytest_teardown.txt pytest -q test_tear.py

# -- JavaScript -----------------------------------------------------------------
dir js
ln -s "$modules" node_modules
echo '{"name":"t","version":"1.0.0"}' > package.json
cat > sum.test.js <<'P'
describe("sum", () => {
  test("adds", () => { expect(1 + 1).toBe(2); });
  test("divides", () => { expect(5 / 2).toBe(3); });
  test.skip("later", () => {});
  test.todo("some day");
  test("", () => {});
});
test.each([1, 2, 3])("same title", (n) => { expect(n).not.toBe(2); });
P
file jest.xml junit.xml npx jest --reporters=jest-junit --testPathIgnorePatterns=mocha -- sum.test.js
cat > sum.vitest.js <<'P'
import { describe, expect, test } from "vitest";
describe("sum", () => {
  test("adds", () => { expect(1 + 1).toBe(2); });
  test("divides", () => { expect(5 / 2).toBe(3); });
  test.skip("later", () => {});
  test.todo("some day");
});
let runs = 0;
test("flaky", { retry: 2 }, () => { runs += 1; expect(runs).toBe(2); });
P
cat > vitest.config.mjs <<'P'
export default { test: { include: ["*.vitest.js"] } };
P
run vitest.xml npx vitest run --reporter=junit
run vitest_tap.txt npx vitest run --reporter=tap
run vitest_tap_flat.txt npx vitest run --reporter=tap-flat
mkdir mocha; cat > mocha/sum.js <<'P'
const assert = require("assert");
describe("sum", () => {
  it("adds", () => assert.equal(1 + 1, 2));
  it("divides", () => assert.equal(5 / 2, 3));
  it.skip("later", () => {});
  describe("of lists", () => {
    it("is empty", () => {});
    it("retried", function () { this.retries(2); this.n = 1; runs += 1; assert(runs > 1); });
  });
});
let runs = 0;
describe("hooks", () => { before(() => { throw new Error("set-up"); }); it("never runs", () => {}); });
P
file mocha_junit.xml test-results.xml npx mocha --reporter mocha-junit-reporter mocha/sum.js
run mocha_xunit.xml npx mocha --reporter xunit mocha/sum.js
run mocha_tap.txt npx mocha --reporter tap mocha/sum.js
cat > node_test.mjs <<'P'
import { describe, it, test } from "node:test";
import assert from "node:assert";
describe("sum", () => {
  it("adds", () => assert.equal(1 + 1, 2));
  it("divides", () => assert.equal(5 / 2, 3));
  it.skip("later", () => {});
});
test("outer", async (t) => { await t.test("inner one", () => {}); await t.test("inner two", () => {}); });
test("some day", { todo: true }, () => { throw new Error("not yet"); });
P
run node_test_junit.xml node --test-reporter=junit node_test.mjs
run node_test_tap.txt node --test-reporter=tap node_test.mjs
cat > tape.js <<'P'
const test = require("tape");
test("sum", (t) => { t.equal(1 + 1, 2, "adds"); t.equal(5 / 2, 3, "divides"); t.end(); });
test.skip("later", (t) => t.fail());
test("todo", { todo: true }, (t) => { t.fail("not yet"); t.end(); });
P
run tape_tap.txt node tape.js
cat > ava.mjs <<'P'
import test from "ava";
test("adds", (t) => t.is(1 + 1, 2));
test("divides", (t) => t.is(5 / 2, 3));
test.skip("later", (t) => t.fail());
test.todo("some day");
test.failing("known", (t) => t.fail());
P
echo '{"name":"t","version":"1.0.0","ava":{"files":["ava.mjs"]}}' > package.json
run ava_tap.txt npx ava --tap

# -- shell and Perl --------------------------------------------------------------
dir sh
cat > sum.bats <<'P'
@test "adds" { [ $((1 + 1)) -eq 2 ]; }
@test "divides" { [ $((5 / 2)) -eq 3 ]; }
@test "later" { skip "not yet"; }
@test "multiplies" { [ $((2 * 3)) -eq 6 ]; }
P
run bats_tap.txt bats --formatter tap sum.bats
run bats_tap13.txt bats --formatter tap13 sum.bats
run bats_junit.xml bats --formatter junit sum.bats
cat > sum.pl <<'P'
use Test::More;
plan tests => 5;
is(1 + 1, 2, 'adds');
subtest 'lists' => sub { plan tests => 3; ok(1, 'empty'); ok(1, 'one'); ok(0, 'many'); };
SKIP: { skip 'not here', 1; ok(0, 'skipped'); }
TODO: { local $TODO = 'some day'; ok(0, 'not yet'); }
subtest 'all well' => sub { ok(1, 'a'); ok(1, 'b'); done_testing; };
P
run perl_test_more.txt perl sum.pl
cat > dies.pl <<'P'
use Test::More;
ok(1, 'first');
die "broken";
done_testing;
P
run perl_dies.txt perl dies.pl
cat > short.pl <<'P'
use Test::More tests => 4;
ok(1, 'first'); ok(1, 'second');
P
run perl_short_plan.txt perl short.pl
cat > bail.pl <<'P'
use Test::More tests => 2;
ok(1, 'first'); BAIL_OUT('no database');
P
run perl_bails_out.txt perl bail.pl
cat > none.pl <<'P'
use Test::More skip_all => 'no network';
P
run perl_skips_all.txt perl none.pl

# -- PHP and Go ------------------------------------------------------------------
dir php
cat > SumTest.php <<'P'
<?php
use PHPUnit\Framework\TestCase;
final class SumTest extends TestCase {
  public function testAdds(): void { $this->assertSame(2, 1 + 1); $this->assertSame(4, 2 + 2); }
  public function testDivides(): void { $this->assertSame(3, intdiv(5, 2)); }
  public function testThrows(): void { throw new RuntimeException("broken"); }
  public function testLater(): void { $this->markTestSkipped("later"); }
  /** @dataProvider numbers */
  public function testEven(int $n): void { $this->assertSame(0, $n % 2); }
  public static function numbers(): array { return [[2], [4]]; }
}
P
file phpunit.xml p.xml phpunit --log-junit p.xml SumTest.php
dir go
cat > go.mod <<'P'
module example.org/sum
go 1.19
P
cat > sum_test.go <<'P'
package sum
import "testing"
func TestAdds(t *testing.T) { if 1+1 != 2 { t.Fail() } }
func TestDivides(t *testing.T) { t.Fatal("5/2 is 2") }
func TestLater(t *testing.T) { t.Skip("later") }
func TestTable(t *testing.T) {
  for _, name := range []string{"one", "two", "three"} {
    name := name
    t.Run(name, func(t *testing.T) { if name == "two" { t.Fatal("two") } })
  }
}
P
run go_test.json go test -json ./...
run go_test_twice.json go test -json -count=2 -run 'TestAdds|TestLater' ./...
mkdir -p broken panics
printf 'package broken\nimport "testing"\nfunc TestA(t *testing.T) { undefined() }\n' > broken/a_test.go
printf 'package panics\nimport "testing"\nfunc TestA(t *testing.T) {}\nfunc TestB(t *testing.T) { panic("b") }\nfunc TestC(t *testing.T) {}\n' > panics/a_test.go
run go_test_build_failure.json go test -json . ./broken
run go_test_panic.json go test -json ./panics
