"""An engine outside of the tree, built in each way that docs/how-to/engines.md shows, with the code that it shows."""

import json
import os
import shutil
import subprocess

import pytest
from conftest import BUILD, ROOT, blocks, run

FOUND_PACKAGE, SUBDIRECTORY = blocks("cmake")
(COMPILER_CALL,) = (block for block in blocks("sh") if "pkg-config" in block)
# Libraries of the node that an engine must not need.
OF_THE_NODE = ("rocksdb", "sqlite", "prometheus", "curl", "git2", "boost", "pugixml")


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    """The door of a real node that lets engines measure with /bin/echo."""
    folder = tmp_path_factory.mktemp("node")
    (folder / "hived.toml").write_text('[engines]\nallow = ["adapter"]\ncommands = ["/bin/echo"]\n', encoding="utf-8")
    command = [os.environ["HIVED"], "--config", folder / "hived.toml", "--data", folder / "data"]
    command += ["--http", "127.0.0.1:0", "--door", "127.0.0.1:0"]
    elsewhere = ("HIVE_", "XDG_RUNTIME_DIR", "RUNTIME_DIRECTORY")  # where its token would lie
    env = {name: value for name, value in os.environ.items() if not name.startswith(elsewhere)}
    with open(folder / "log", "wb") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, env=env)
    try:
        ready = process.stdout.readline()
        assert ready.startswith("hived ready "), (folder / "log").read_text(encoding="utf-8")
        yield ready.split("door=")[1].split()[0]
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def works_with(engine, node):
    printed = run([engine, node], engine.parent)
    assert "the tool for refactor is aider" in printed
    assert "answer is 42 on node " in printed
    assert "no GPU to use: " in printed


def needed_libraries(program):
    return [line.split("[")[1].rstrip("]") for line in run(["readelf", "-d", program], "/").splitlines() if "(NEEDED)" in line]


def test_found_by_cmake_in_an_installed_tree_it_works_with_a_real_node(workplace, node):
    engine = workplace.cmake(workplace.project("found", FOUND_PACKAGE), f"-DCMAKE_PREFIX_PATH={workplace.prefix}")
    works_with(engine, node)
    for library in needed_libraries(engine):
        assert not any(name in library for name in OF_THE_NODE), library


def test_a_plain_compiler_call_with_pkg_config_works_with_a_real_node(workplace, node):
    project = workplace.project("plain", "")
    env = workplace.env | {"PKG_CONFIG_PATH": f"{workplace.prefix}/lib/pkgconfig"}
    run(["sh", "-ec", COMPILER_CALL], project, env)
    works_with(project / "my_engine", node)


def test_as_a_subdirectory_it_works_and_changes_nothing_of_the_project(workplace, node):
    ours = """
get_directory_property(options COMPILE_OPTIONS)
get_directory_property(link_options LINK_OPTIONS)
get_directory_property(tests TESTS)
file(GENERATE OUTPUT ${CMAKE_BINARY_DIR}/leaks.txt CONTENT
  "${options}|${link_options}|${tests}|${CMAKE_CXX_STANDARD}|${CMAKE_RUNTIME_OUTPUT_DIRECTORY}|${CMAKE_MODULE_PATH}")
"""
    project = workplace.project("parent", SUBDIRECTORY + ours)
    copy_sources(project / "hivemark")
    engine = workplace.cmake(project)  # not optimised: that compiles in half the time
    works_with(engine, node)
    assert (project / "build/leaks.txt").read_text(encoding="utf-8") == "|||||"
    commands = json.loads(run(["ninja", "-C", project / "build", "--quiet", "-t", "compdb"], project))
    flags = [each["command"] for each in commands if each["file"].endswith("parent/engine.cpp")]
    assert flags and not any("-Wall" in each or "-Wpedantic" in each for each in flags)
    built = [path.name for path in (project / "build").rglob("*") if path.is_file() and path.suffix == ".a"]
    assert sorted(built) == sorted(path.name for path in (workplace.prefix / "lib/hivemark").iterdir())


def copy_sources(folder):
    """The tree without what was built in it: what a clone holds."""
    folder.mkdir()
    for each in ("CMakeLists.txt", "cmake", "messages", "platform", "actors", "storage"):
        copy = shutil.copytree if (ROOT / each).is_dir() else shutil.copy
        copy(ROOT / each, folder / each)


def test_found_by_cmake_in_the_build_tree_it_works_with_a_real_node(workplace, node):
    engine = workplace.cmake(workplace.project("beside", FOUND_PACKAGE), f"-DCMAKE_PREFIX_PATH={BUILD}")
    works_with(engine, node)


def test_an_installed_tree_works_after_it_was_moved_and_names_no_other_path(workplace, node):
    moved = workplace.folder / "somewhere else" / "moved"
    moved.parent.mkdir()
    workplace.prefix.rename(moved)
    try:
        engine = workplace.cmake(workplace.project("again", FOUND_PACKAGE), f"-DCMAKE_PREFIX_PATH={moved}")
        works_with(engine, node)
        for text in (*moved.rglob("*.cmake"), *moved.rglob("*.pc"), *moved.rglob("*.h*")):
            content = text.read_text(encoding="utf-8")
            assert str(workplace.prefix) not in content and str(BUILD) not in content and str(ROOT) not in content, text
    finally:
        moved.rename(workplace.prefix)


def test_headers_lie_in_a_folder_of_their_own(workplace):
    assert [path.name for path in (workplace.prefix / "include").iterdir()] == ["hivemark"]
    assert (workplace.prefix / "include/hivemark/messages/engine.capnp.h").exists()


def test_a_project_without_c_is_told_what_it_lacks(workplace):
    project = workplace.project("without_c", FOUND_PACKAGE.replace("LANGUAGES C CXX", "LANGUAGES CXX"))
    command = ["cmake", "-G", "Ninja", "-S", project, "-B", project / "build", f"-DCMAKE_PREFIX_PATH={workplace.prefix}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "the project needs LANGUAGES C CXX" in done.stderr
