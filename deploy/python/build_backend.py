"""Builds the package: a PEP 517 and PEP 660 backend that needs nothing but the standard library.

The package is pure Python, so a wheel is its files and three lists about them. A backend from an index would have to be
downloaded for each build, which fails on machines without one: here `pip install` works offline, and from a plain
checkout. The same sources give the same bytes.

    python3 build_backend.py DIR    builds the wheel into DIR and prints its path
"""

from __future__ import annotations

import base64
import hashlib
import io
import re
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Any, Dict, List, Optional

ROOT = Path(__file__).resolve().parent
NAME = "hivemark"
WHEEL = "Wheel-Version: 1.0\nGenerator: hivemark build_backend\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
# Of every file: the earliest time that a zip file can hold.
ZIP_TIME = (1980, 1, 1, 0, 0, 0)

Settings = Optional[Dict[str, Any]]
Files = Dict[str, bytes]


def version() -> str:
    """As the package has it, which is not imported: its interpreter need not be the one that builds."""
    found = re.search(r'^__version__ = "([^"]+)"$', (ROOT / NAME / "__init__.py").read_text("utf-8"), re.MULTILINE)
    if not found:
        raise RuntimeError(f"{ROOT / NAME / '__init__.py'} names no __version__")
    return found.group(1)


def metadata() -> bytes:
    """Core metadata 2.1: the fields of metadata.txt with the version, and the readme as the description."""
    fields = (ROOT / "metadata.txt").read_text("utf-8").strip()
    return f"{fields}\nVersion: {version()}\n\n{(ROOT / 'README.md').read_text('utf-8')}".encode()


def package_files() -> Files:
    paths = sorted(path for path in (ROOT / NAME).rglob("*") if path.suffix == ".py" or path.name == "py.typed")
    return {path.relative_to(ROOT).as_posix(): path.read_bytes() for path in paths}


def write_wheel(directory: str, content: Files) -> str:
    info = f"{NAME}-{version()}.dist-info"
    files = {**content, f"{info}/METADATA": metadata(), f"{info}/WHEEL": WHEEL.encode()}
    files[f"{info}/RECORD"] = record_of(files, f"{info}/RECORD")
    name = f"{NAME}-{version()}-py3-none-any.whl"
    Path(directory).mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(Path(directory, name), "w", zipfile.ZIP_DEFLATED) as wheel:
        for path, data in files.items():
            entry = zipfile.ZipInfo(path, ZIP_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            wheel.writestr(entry, data)
    return name


def record_of(files: Files, own_path: str) -> bytes:
    """The list of all files with their hashes; its own line has none."""
    lines = []
    for path, data in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        lines.append(f"{path},sha256={digest},{len(data)}\n")
    return "".join([*lines, f"{own_path},,\n"]).encode()


# -- the hooks that pip and build call --------------------------------------------------------------------------------


def get_requires_for_build_wheel(config_settings: Settings = None) -> List[str]:
    return []


get_requires_for_build_sdist = get_requires_for_build_editable = get_requires_for_build_wheel


def build_wheel(wheel_directory: str, config_settings: Settings = None, metadata_directory: Optional[str] = None) -> str:
    return write_wheel(wheel_directory, package_files())


def build_editable(
    wheel_directory: str, config_settings: Settings = None, metadata_directory: Optional[str] = None
) -> str:
    """For `pip install --editable`: nothing but the path of these sources. They hold more than the package, but
    build_backend alone could be imported by mistake."""
    return write_wheel(wheel_directory, {f"{NAME}.pth": f"{ROOT}\n".encode()})


def build_sdist(sdist_directory: str, config_settings: Settings = None) -> str:
    base = f"{NAME}-{version()}"
    files = {**package_files(), "PKG-INFO": metadata()}
    for name in ("README.md", "build_backend.py", "metadata.txt", "pyproject.toml"):
        files[name] = (ROOT / name).read_bytes()
    with tarfile.open(Path(sdist_directory, f"{base}.tar.gz"), "w:gz", format=tarfile.PAX_FORMAT) as archive:
        for path, data in files.items():
            entry = tarfile.TarInfo(f"{base}/{path}")
            entry.size = len(data)
            entry.mode = 0o644
            archive.addfile(entry, io.BytesIO(data))
    return f"{base}.tar.gz"


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit("usage: build_backend.py DIR")
    print(Path(sys.argv[1], build_wheel(sys.argv[1])))
