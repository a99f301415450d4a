"""The package installs with plain pip where nothing can be downloaded: from the sources and as a wheel."""

import os
import re
import subprocess
import sys
import tarfile
import tempfile
import unittest
import zipfile
from pathlib import Path

from conftest import PACKAGE

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 100
CHECK = (
    "import hivemark, pathlib, importlib.metadata as m\n"
    "print(hivemark.__version__, m.version('hivemark'), (pathlib.Path(hivemark.__file__).parent / 'py.typed').exists())\n"
    "print(pathlib.Path(hivemark.__file__).parent)\n"
)


def run(*command, cwd):
    # Nothing of the caller's: neither its packages nor its index. Port 9 takes no connection.
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PIP_", "HIVE_"))}
    env.update(PIP_INDEX_URL="http://127.0.0.1:9/simple", PIP_RETRIES="0", PIP_CONFIG_FILE=os.devnull)
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, env=env, capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )
    if done.returncode != 0:
        raise AssertionError(f"{command} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


class InstallTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.directory.cleanup)
        cls.folder = Path(cls.directory.name)
        # Made as the readme says. A fresh one has nothing but pip and, before Python 3.12, setuptools.
        cls.environment = cls.folder / "venv"
        run(sys.executable, "-m", "venv", cls.environment, cwd=cls.folder)
        # A copy, so that the test sees what building leaves behind.
        cls.sources = cls.folder / "sources"
        run("cp", "-r", PACKAGE, cls.sources, cwd=cls.folder)
        cls.wheel = cls.build_wheel("out")

    @classmethod
    def build_wheel(cls, folder):
        printed = run(sys.executable, "-B", PACKAGE / "build_backend.py", cls.folder / folder, cwd=cls.folder)
        return Path(printed.strip())

    def install(self, what, *options):
        """What CHECK prints in the virtual environment once `what` is installed there."""
        run(self.environment / "bin/pip", "install", *options, what, cwd=self.folder)
        self.addCleanup(self.uninstall)
        self.assertIn("No broken requirements", run(self.environment / "bin/pip", "check", cwd=self.folder))
        return run(self.environment / "bin/python", "-c", CHECK, cwd=self.folder).split()

    def uninstall(self):
        run(self.environment / "bin/pip", "uninstall", "-y", "hivemark", cwd=self.folder)
        self.assertEqual(list(self.environment.rglob("hivemark*")), [])

    def expect_installed(self, found):
        version = re.search(r"project\(hivemark VERSION (\S+)", (ROOT / "CMakeLists.txt").read_text("utf-8")).group(1)
        self.assertEqual(found[:3], [version, version, "True"])
        self.assertTrue(found[3].startswith(str(self.environment)), found)

    def test_from_the_sources(self):
        before = self.source_files()
        self.expect_installed(self.install(self.sources))
        self.assertEqual(self.source_files(), before, "installing left something in the sources")

    def source_files(self):
        return sorted(path for path in self.sources.rglob("*") if "__pycache__" not in path.parts)

    def test_as_a_wheel(self):
        self.expect_installed(self.install(self.wheel))

    def test_editable(self):
        found = self.install(self.sources, "--editable")
        self.assertEqual(found[3], str(self.sources / "hivemark"))

    def test_the_wheel_holds_the_package_and_its_description(self):
        with zipfile.ZipFile(self.wheel) as wheel:
            self.assertIsNone(wheel.testzip())
            names = set(wheel.namelist())
            info = next(name.split("/")[0] for name in names if ".dist-info/" in name)
            metadata = wheel.read(f"{info}/METADATA").decode()
        sources = {path.relative_to(PACKAGE).as_posix() for path in (PACKAGE / "hivemark").rglob("*.py")}
        expected = sources | {"hivemark/py.typed"}
        self.assertEqual(names, expected | {f"{info}/{name}" for name in ("METADATA", "RECORD", "WHEEL")})
        self.assertIn("Requires-Python: >=3.9\n", metadata)
        self.assertTrue(metadata.endswith((PACKAGE / "README.md").read_text("utf-8")))
        self.assertEqual(metadata.partition("\n\n")[0].count("\nVersion: "), 1)

    def test_the_same_sources_give_the_same_wheel(self):
        self.assertEqual(self.build_wheel("again").read_bytes(), self.wheel.read_bytes())

    def test_from_a_source_archive(self):
        out = self.folder / "archives"
        out.mkdir()
        code = "import sys; sys.path.insert(0, sys.argv[1]); import build_backend as b; print(b.build_sdist(sys.argv[2]))"
        archive = out / run(sys.executable, "-B", "-c", code, self.sources, out, cwd=self.folder).strip()
        with tarfile.open(archive) as content:
            self.assertTrue(all(name.startswith("hivemark-") for name in content.getnames()))
        self.expect_installed(self.install(archive))


if __name__ == "__main__":
    unittest.main()
