"""deploy/check_format.sh: refuses a badly formatted source and mends it when asked."""

import shutil

import pytest
from conftest import LAYERS, run


@pytest.fixture
def tree(root, tmp_path):
    """A checkout with one badly formatted source."""
    for layer in LAYERS:
        (tmp_path / layer).mkdir()
    (tmp_path / "deploy").mkdir()
    shutil.copy(root / ".clang-format", tmp_path)
    shutil.copy(root / "deploy/check_format.sh", tmp_path / "deploy")
    (tmp_path / "gpu/good.cpp").write_text("int good() {\n  return 1;\n}\n", encoding="utf-8")
    (tmp_path / "gpu/bad.cu").write_text("int bad( ){ return 1; }\n", encoding="utf-8")
    return tmp_path


def check(tree, *arguments):
    return run([tree / "deploy/check_format.sh", *arguments])


def test_a_bad_source_is_named_and_left_alone(tree):
    result = check(tree)
    assert result.returncode not in (0, 64)
    assert "gpu/bad.cu:1" in result.stderr
    assert "good" not in result.stderr
    assert (tree / "gpu/bad.cu").read_text(encoding="utf-8") == "int bad( ){ return 1; }\n"


def test_fix_mends_it(tree):
    assert check(tree, "--fix").returncode == 0
    assert (tree / "gpu/bad.cu").read_text(encoding="utf-8") == "int bad() {\n  return 1;\n}\n"
    assert check(tree).returncode == 0


def test_an_unknown_option_is_refused(tree):
    assert check(tree, "--mend").returncode == 64
