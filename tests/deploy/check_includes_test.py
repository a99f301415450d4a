"""deploy/check_includes.py: finds each kind of include that a folder must not have, and lets the rest pass."""

import shutil

import pytest
from conftest import LAYERS, run


@pytest.fixture
def tree(tmp_path):
    """A checkout without sources."""
    for layer in LAYERS:
        (tmp_path / layer).mkdir()
    return tmp_path


def check(root, tree):
    return run([root / "deploy/check_includes.py", tree])


def test_this_checkout_passes(root):
    result = run([root / "deploy/check_includes.py"])
    assert (result.returncode, result.stderr) == (0, "")
    assert "actors/engine_client        may include actors/engines, actors/hive/link, actors/remote, actors/scheduling, the common ones" in result.stdout


def test_an_upward_include_in_a_copy_of_this_checkout_is_found(root, tmp_path):
    for layer in LAYERS:
        shutil.copytree(root / layer, tmp_path / layer, ignore=shutil.ignore_patterns("data", "__pycache__"))
    assert check(root, tmp_path).returncode == 0
    header = tmp_path / "messages/msg.hpp"
    header.write_text('#include "actors/store/api.hpp"\n' + header.read_text(encoding="utf-8"), encoding="utf-8")
    result = check(root, tmp_path)
    assert result.returncode == 1
    assert result.stderr.startswith('messages/msg.hpp:1: "actors/store/api.hpp": messages/ may include no other')


def test_a_sideways_include_in_a_copy_of_this_checkout_is_found(root, tmp_path):
    for layer in LAYERS:
        shutil.copytree(root / layer, tmp_path / layer, ignore=shutil.ignore_patterns("data", "__pycache__"))
    header = tmp_path / "actors/tracker/tracker.hpp"
    header.write_text('#include "actors/upgrade/checker.hpp"\n' + header.read_text(encoding="utf-8"), encoding="utf-8")
    result = check(root, tmp_path)
    assert result.returncode == 1
    assert result.stderr.startswith('actors/tracker/tracker.hpp:1: "actors/upgrade/checker.hpp": actors/tracker/ may')
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    "layer, include",
    [
        ("messages", '#include "storage/write_set.hpp"'),
        ("messages", '#include "analysis/upgrade_check.hpp"'),
        ("messages", "#include <actors/store/api.hpp>"),
        ("messages", "#include <caf/io/all.hpp>"),
        ("messages", "#include <rocksdb/db.h>"),
        ("analysis", '#include "messages/msg.hpp"'),
        ("analysis", "#include <caf/all.hpp>"),
        ("analysis", "#include <boost/asio.hpp>"),
        ("storage", '#include "actors/defaults.hpp"'),
        ("storage", '#include "gpu/gpu_names.hpp"'),
        ("gpu", '#include "storage/write_set.hpp"'),
        ("gpu/kernels", '#include "messages/msg.hpp"'),
        ("gpu/embodied", '#include "gpu/qwen_encoder/model.hpp"'),
        ("gpu", '  #  include   "actors/store/api.hpp" // as if it were harmless'),
        ("platform", '#include "actors/defaults.hpp"'),
        ("platform", '#include "platform/identity/keys.hpp"'),
        ("platform/identity", '#include "storage/epoch.hpp"'),
        ("storage", "#include <sqlite3.h>"),
        ("storage/hartos", '#include "storage/database.hpp"'),
        ("actors/hive/link", '#include "actors/hive/state/slot.hpp"'),
        ("actors/hive/state", '#include "actors/tracker/tool_slots.hpp"'),
        ("actors/engine_client", '#include "actors/hive/state/slot.hpp"'),
        ("actors/benchmark", '#include "actors/http/server.hpp"'),
        ("actors/hive/federation", '#include "actors/tracker/tool_slots.hpp"'),
        ("actors/http", "#include <spdlog/spdlog.h>"),
        ("storage", '#include "actors/store/api.hpp"'),
        ("actors", '#include "apps/hived/config.hpp"'),
        ("actors", '#include "tests/actors/fake.hpp"'),
        ("actors", '#include "defaults.hpp"'),
        ("actors", '#include "../storage/write_set.hpp"'),
        ("actors", '#include "actors/../apps/hived/config.hpp"'),
        ("apps", '#include "tests/actors/fake.hpp"'),
        ("storage", "#include HIVE_HEADER"),
    ],
)
def test_a_planted_include_is_named(root, tree, layer, include):
    planted = tree / layer / "deeper/planted.hpp"
    planted.parent.mkdir(parents=True)
    planted.write_text(f"#pragma once\n\n{include}\n", encoding="utf-8")
    result = check(root, tree)
    assert result.returncode == 1
    assert result.stderr.startswith(f"{layer}/deeper/planted.hpp:3: ")
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize("suffix", [".cpp", ".hpp", ".cu", ".cuh"])
def test_every_kind_of_source_is_read(root, tree, suffix):
    (tree / "messages" / f"planted{suffix}").write_text('#include "apps/x.hpp"\n', encoding="utf-8")
    assert check(root, tree).returncode == 1


@pytest.mark.parametrize(
    "layer, include",
    [
        ("messages", "#include <capnp/message.h>"),
        ("messages", "#include <unordered_map>"),
        ("messages", '// #include "actors/store/api.hpp"'),
        ("analysis", "#include <boost/math/distributions/normal.hpp>"),
        ("storage", "#include <rocksdb/db.h>"),
        ("gpu", "#include <cuda_runtime.h>"),
        ("gpu/qwen_encoder", '#include "platform/http_client.hpp"'),
        ("actors/http", "#include <boost/beast/http/parser.hpp>"),
        ("actors/gpu", '#include "gpu/gpu_names.hpp"'),
        ("actors/upgrade", '#include "actors/store/api.hpp"'),
        ("actors/benchmark", '#include "actors/process/runner.hpp"'),
        ("actors/engine_client", '#include "actors/hive/link/door.hpp"'),
        ("storage", '#include "platform/identity/keys.hpp"'),
        ("apps", '#include "actors/store/api.hpp"'),
        ("tests", '#include "apps/hivectl/table.hpp"'),
    ],
)
def test_a_downward_include_passes(root, tree, layer, include):
    (tree / layer).mkdir(parents=True, exist_ok=True)
    (tree / layer / "planted.hpp").write_text(include + "\n", encoding="utf-8")
    result = check(root, tree)
    assert (result.returncode, result.stderr) == (0, "")


def test_all_findings_are_told_at_once(root, tree):
    (tree / "messages/planted.hpp").write_text('#include "gpu/a.hpp"\n#include "apps/b.hpp"\n', encoding="utf-8")
    (tree / "storage/planted.cpp").write_text('#include "apps/b.hpp"\n', encoding="utf-8")
    assert len(check(root, tree).stderr.splitlines()) == 3


def test_a_folder_of_something_else_is_refused(root, tmp_path):
    result = check(root, tmp_path)
    assert result.returncode == 64
    assert str(tmp_path) in result.stderr
