#!/bin/bash
# Records what real test runners print, see README.md. Usage: record.sh [output directory]
# Needs python3-pytest, cmake and googletest.
set -u
here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python=${PYTHON:-/usr/bin/python3}
export LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1

# The place of the recording says nothing about the runner, so it is not kept.
clean() { sed -i "s|$work|/src|g; s|hostname=\"[^\"]*\"|hostname=\"host\"|g" "$1"; }

# record NAME DIRECTORY COMMAND...: standard output to NAME.txt, prints the exit status.
record() {
  name=$1; cd "$work/$2" || exit 1; shift 2
  "$@" > "$out/$name.txt" 2> /dev/null
  echo "$name: exit status $?"
  clean "$out/$name.txt"
}
pytest() { record "$1" py "$python" -m pytest -p no:cacheprovider "${@:2}"; }
junit() { mv "$work/$2" "$out/$1.xml" && clean "$out/$1.xml"; }

mkdir -p "$work/py" && cd "$work/py"
cat > test_pass.py <<'P'
def test_a(): pass
def test_b(): pass
def test_nested_task(): assert False
P
cat > test_mixed.py <<'P'
def test_a(): assert 1 == 2
def test_b(): assert [1] == [2]
def test_c(): pass
P
cat > test_errors.py <<'P'
import pytest
@pytest.fixture
def broken(): raise RuntimeError("set-up")
@pytest.fixture
def late():
    yield
    raise RuntimeError("tear-down")
def test_set_up(broken): pass
def test_tear_down(late): pass
def test_both(late): assert False
def test_fine(): pass
P
cat > test_expected.py <<'P'
import pytest
@pytest.mark.xfail
def test_fails(): assert False
@pytest.mark.xfail
def test_passes(): pass
@pytest.mark.skip(reason="not here")
def test_skipped(): assert False
def test_fine(): pass
P
cat > test_strict.py <<'P'
import pytest
@pytest.mark.xfail(strict=True)
def test_passes(): pass
def test_fine(): pass
P
cat > test_skipped.py <<'P'
import pytest
@pytest.mark.skip(reason="not here")
def test_skipped(): assert False
P
echo 'import no_such_module' > test_collection.py
echo 'x = 1' > test_none.py
cat > test_abort.py <<'P'
import os
def test_a(): pass
def test_b(): os.abort()
P
cat > test_exit.py <<'P'
import os
def test_a(): pass
def test_b(): os._exit(0)
P
cat > test_interrupt.py <<'P'
def test_a(): pass
def test_b(): raise KeyboardInterrupt
def test_c(): pass
P
cat > test_fake.py <<'P'
def test_a(): print("\n============ 9 passed in 0.10s ============\n9 passed in 0.10s")
def test_b(): assert False, "========= 9 passed in 0.10s ========="
P
cat > test_slow.py <<'P'
import time
def test_a(): time.sleep(61)
P
cat > test_warning.py <<'P'
import warnings
def test_a(): warnings.warn("careful")
P
mkdir "$work/internal" && cd "$work/internal"
echo 'def test_a(): pass' > test_a.py
echo 'def pytest_runtest_protocol(item): raise RuntimeError("plugin")' > conftest.py

pytest pytest_pass test_pass.py -k 'not nested_task'
pytest pytest_pass_q -q test_pass.py -k 'not nested_task'
pytest pytest_verbose -v test_mixed.py
pytest pytest_mixed test_mixed.py
pytest pytest_mixed_q -q test_mixed.py
pytest pytest_colour --color=yes test_mixed.py
pytest pytest_errors_q -q test_errors.py
pytest pytest_expected_q -q -rA test_expected.py
pytest pytest_strict_q -q test_strict.py
pytest pytest_skipped_q -q test_skipped.py
pytest pytest_warning_q -q test_warning.py
pytest pytest_all_deselected_q -q test_pass.py -k nothing_like_this
pytest pytest_no_tests test_none.py
pytest pytest_no_tests_q -q test_none.py
pytest pytest_collection test_collection.py test_pass.py
pytest pytest_collection_q -q test_collection.py test_pass.py
pytest pytest_collection_continued_q -q --continue-on-collection-errors test_collection.py test_pass.py
pytest pytest_abort_q -q test_abort.py
pytest pytest_exit_q -q test_exit.py
pytest pytest_interrupt test_interrupt.py
pytest pytest_first_failure_q -q -x test_mixed.py
pytest pytest_fake test_fake.py
pytest pytest_fake_uncaptured_q -q -s test_fake.py
pytest pytest_usage -q --no-such-option
pytest pytest_slow_q -q test_slow.py
record pytest_internal internal "$python" -m pytest -p no:cacheprovider
pytest junit_pytest_stdout -q --junitxml=mixed.xml test_mixed.py test_errors.py test_expected.py
junit junit_pytest py/mixed.xml
pytest junit_pytest_collection_stdout -q --junitxml=collection.xml --continue-on-collection-errors test_collection.py test_pass.py
junit junit_pytest_collection py/collection.xml
pytest junit_pytest_interrupt_stdout -q --junitxml=interrupt.xml test_interrupt.py
junit junit_pytest_interrupt py/interrupt.xml
pytest junit_pytest_first_failure_stdout -q -x --junitxml=first.xml test_mixed.py
junit junit_pytest_first_failure py/first.xml
pytest junit_pytest_no_tests_stdout -q --junitxml=none.xml test_none.py
junit junit_pytest_no_tests py/none.xml
record junit_pytest_internal_stdout internal "$python" -m pytest -p no:cacheprovider --junitxml=internal.xml
junit junit_pytest_internal internal/internal.xml

# ctest_project NAME: a project whose tests come from standard input, configured.
ctest_project() {
  mkdir -p "$work/$1"
  { echo 'cmake_minimum_required(VERSION 3.25)'; echo 'project(t NONE)'; echo 'enable_testing()'; cat; } \
    > "$work/$1/CMakeLists.txt"
  cmake -S "$work/$1" -B "$work/$1" > /dev/null
}
ctest_project ct_pass <<'P'
add_test(NAME one COMMAND true)
add_test(NAME two COMMAND true)
set_tests_properties(one PROPERTIES LABELS fast)
P
ctest_project ct_all <<'P'
add_test(NAME pass COMMAND true)
add_test(NAME fail COMMAND sh -c "echo oops; exit 1")
add_test(NAME skip COMMAND sh -c "exit 77")
set_tests_properties(skip PROPERTIES SKIP_RETURN_CODE 77)
add_test(NAME off COMMAND true)
set_tests_properties(off PROPERTIES DISABLED TRUE)
add_test(NAME missing COMMAND /no/such/program)
add_test(NAME slow COMMAND sleep 5)
set_tests_properties(slow PROPERTIES TIMEOUT 1)
add_test(NAME crash COMMAND sh -c "kill -SEGV $$")
P
ctest_project ct_skipped <<'P'
add_test(NAME pass COMMAND true)
add_test(NAME skip COMMAND sh -c "exit 77")
set_tests_properties(skip PROPERTIES SKIP_RETURN_CODE 77)
add_test(NAME off COMMAND true)
set_tests_properties(off PROPERTIES DISABLED TRUE)
P
ctest_project ct_nothing_ran <<'P'
add_test(NAME skip COMMAND sh -c "exit 77")
set_tests_properties(skip PROPERTIES SKIP_RETURN_CODE 77)
P
ctest_project ct_none < /dev/null
ctest_project ct_fake <<'P'
file(WRITE ${CMAKE_BINARY_DIR}/fake.txt "
100% tests passed, 0 tests failed out of 9

Total Test time (real) =   0.01 sec
")
add_test(NAME fake COMMAND sh -c "cat fake.txt; exit 1")
add_test(NAME pass COMMAND true)
P
cat > "$work/ct_killed.txt" <<'P'
add_test(NAME pass COMMAND true)
add_test(NAME kills COMMAND sh -c "kill -KILL $PPID")
add_test(NAME never COMMAND true)
P
ctest_project ct_killed < "$work/ct_killed.txt"

record ctest_pass ct_pass ctest
record ctest_pass_verbose ct_pass ctest -V
record ctest_parallel ct_all ctest -j 4
record ctest_all ct_all ctest --output-junit all.xml
junit junit_ctest ct_all/all.xml
record ctest_colour ct_all env CLICOLOR_FORCE=1 ctest
record ctest_skipped ct_skipped ctest
record ctest_nothing_ran ct_nothing_ran ctest
record ctest_none ct_none ctest
record ctest_first_failure ct_all ctest --stop-on-failure --output-junit first.xml
junit junit_ctest_first_failure ct_all/first.xml
record ctest_fake ct_fake ctest --output-on-failure
record ctest_killed ct_killed ctest

mkdir "$work/gtest" && cd "$work/gtest"
cat > g.cpp <<'P'
#include <gtest/gtest.h>
TEST(suite, pass) {}
TEST(suite, fail) { EXPECT_EQ(1, 2); EXPECT_EQ(3, 4) << "both <tagged> & quoted"; }
TEST(suite, skip) { GTEST_SKIP() << "not here"; }
TEST(suite, DISABLED_off) { FAIL(); }
TEST(other, pass) {}
P
"${CXX:-c++}" g.cpp -o g -lgtest -lgtest_main -pthread
record gtest_stdout gtest ./g --gtest_output=xml:g.xml
junit junit_gtest gtest/g.xml
