"""deploy/setup.sh: asks dpkg before it touches apt, installs only what is missing, and says why it cannot."""

import shutil

import pytest
from conftest import run, write_program

# Packages named in the file `absent` are unknown to dpkg; half-removed ones have another status.
DPKG_QUERY = """#!/bin/bash
for package in "${@:3}"; do
  if grep -qx "$package" "$FAKES/absent"; then
    status=1
  elif grep -qx "$package" "$FAKES/removed"; then
    echo "config-files $package"
  else
    echo "installed $package"
  fi
done
exit ${status-0}
"""
APT_GET = """#!/bin/bash
echo "$@" >>"$FAKES/apt.calls"
echo "apt says something"
[[ " $* " != *" $(cat "$FAKES/apt.fails") "* ]]
"""
SUDO = """#!/bin/bash
echo "$@" >>"$FAKES/sudo.calls"
exec "$@"
"""


class Machine:
    """A machine whose dpkg, apt, sudo and user are fakes."""

    def __init__(self, setup, folder, env):
        self.setup = setup
        self.folder = folder
        self.env = env | {"PATH": f"{folder}/bin", "FAKES": str(folder)}
        # The real tools but the faked ones, so that a tool can also be missing.
        for tool in "bash cat comm env grep id mktemp rm sed sort tr xargs".split():
            write_program(folder / "bin" / tool, f'#!/bin/bash\nexec {shutil.which(tool)} "$@"\n')
        write_program(folder / "bin/dpkg-query", DPKG_QUERY)
        write_program(folder / "bin/apt-get", APT_GET)
        write_program(folder / "bin/sudo", SUDO)
        self.user(0)
        for name in ("absent", "removed", "apt.fails"):
            self.write(name, "")

    def user(self, number):
        write_program(self.folder / "bin/id", f"#!/bin/bash\necho {number}\n")

    def write(self, name, text):
        (self.folder / name).write_text(text, encoding="utf-8")

    def calls(self, name):
        path = self.folder / f"{name}.calls"
        return path.read_text(encoding="utf-8").splitlines() if path.exists() else []

    def run(self, *arguments, **env):
        return run(["/bin/bash", self.setup, *arguments], env=self.env | env)


@pytest.fixture
def machine(root, tmp_path, bare_env):
    return Machine(root / "deploy/setup.sh", tmp_path, bare_env)


def test_nothing_missing_is_silent_and_leaves_apt_alone(machine):
    result = machine.run()
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    assert machine.calls("apt") == []


def test_only_what_is_missing_is_installed(machine):
    machine.write("absent", "libcaf-dev\nmold\n")
    machine.write("removed", "cmake\n")
    result = machine.run()
    assert result.returncode == 0
    assert "cmake libcaf-dev mold" in result.stdout
    update, install = machine.calls("apt")
    assert update.endswith(" update")
    assert install.endswith(" install cmake libcaf-dev mold")
    assert machine.calls("sudo") == []


def test_without_root_it_goes_through_sudo(machine):
    machine.user(1000)
    machine.write("absent", "mold\n")
    assert machine.run().returncode == 0
    assert len(machine.calls("sudo")) == len(machine.calls("apt")) == 2


def test_neither_root_nor_sudo_is_told_with_the_packages(machine):
    machine.user(1000)
    machine.write("absent", "mold\n")
    (machine.folder / "bin/sudo").unlink()
    result = machine.run()
    assert result.returncode == 1
    assert "sudo" in result.stderr and "mold" in result.stderr
    assert machine.calls("apt") == []


def test_neither_root_nor_sudo_does_not_matter_when_nothing_is_missing(machine):
    machine.user(1000)
    (machine.folder / "bin/sudo").unlink()
    assert machine.run().returncode == 0


@pytest.mark.parametrize("step", ["update", "install"])
def test_a_failure_of_apt_is_told_with_its_output(machine, step):
    machine.write("absent", "mold\n")
    machine.write("apt.fails", step)
    result = machine.run()
    assert result.returncode == 1
    assert f"apt-get {step} failed" in result.stderr
    assert "apt says something" in result.stderr


def test_another_system_is_told_what_to_do(machine):
    (machine.folder / "bin/apt-get").unlink()
    result = machine.run()
    assert result.returncode == 1
    assert "--list" in result.stderr and "SETUP=no" in result.stderr


def test_setup_no_skips_everything(machine):
    machine.write("absent", "mold\n")
    result = machine.run(SETUP="no")
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    assert machine.calls("apt") == []


def test_list_prints_each_package_once(machine):
    packages = machine.run("--list").stdout.split("\n")[:-1]
    assert {"g++", "cmake", "libcaf-dev", "libboost1.74-dev"} <= set(packages)
    assert len(packages) == len(set(packages))
    assert all(package and " " not in package and "#" not in package for package in packages)


def test_help_explains_and_unknown_options_are_refused(machine):
    assert "--list" in machine.run("--help").stdout
    result = machine.run("--lisst")
    assert result.returncode == 1
    assert "--lisst" in result.stderr
