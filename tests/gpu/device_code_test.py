"""The device code of the heavy benchmarks: the devices that it is for, that no kernel spills, what it needs to start."""

import os
import re
import struct
import subprocess
from pathlib import Path

import pytest

NVCC = os.environ["HIVE_NVCC"]
HOST_COMPILER = os.environ["HIVE_CXX"]
ROOT = Path(__file__).resolve().parent.parent.parent
SOURCES = ["gpu/embodied/device.cu", "gpu/qwen_encoder/device.cu"]
PROGRAMS = [os.environ["HIVE_EMBODIED"], os.environ["HIVE_QWEN_ENCODER"]]
CUDA_MACHINE = 190  # EM_CUDA


def sm_of(flags):
    """The architecture in e_flags of an ELF file for CUDA 13: 80, 90, 100."""
    return flags >> 8 & 0xFF


@pytest.fixture(scope="module", params=SOURCES)
def compiled(request, tmp_path_factory):
    """What the assembler says about a source, and the device code of each architecture."""
    folder = tmp_path_factory.mktemp("device_code")
    command = [NVCC, "-ccbin", HOST_COMPILER, "-std=c++17", "-O2", "-DNDEBUG", f"-I{ROOT}", "-Xptxas=-v", "-t2",
               "-gencode=arch=compute_80,code=sm_80", "-gencode=arch=compute_90,code=sm_90",
               "-fatbin", "--keep", "--keep-dir", folder, ROOT / request.param, "-o", folder / "code.fatbin"]
    result = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False, cwd=folder)
    assert result.returncode == 0, result.stderr
    return result.stdout + result.stderr, sorted(folder.glob("*.cubin"))


def test_there_is_code_for_each_architecture(compiled):
    _, files = compiled
    found = set()
    for file in files:
        header = subprocess.run(["readelf", "-h", file], capture_output=True, text=True, check=True).stdout
        found.add(sm_of(int(re.search(r"Flags:\s+(0x[0-9a-f]+)", header)[1], 16)))
    assert found == {80, 90}


def test_no_kernel_spills(compiled):
    said, _ = compiled
    kernels = re.findall(r"Compiling entry function '(\w+)' for '(sm_\d+)'", said)
    spills = re.findall(r"(\d+) bytes spill stores, (\d+) bytes spill loads", said)
    assert len(kernels) >= 8 and len(spills) >= len(kernels)
    assert {architecture for _, architecture in kernels} == {"sm_80", "sm_90"}
    assert set(spills) == {("0", "0")}, said


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_built_program_holds_code_for_each_architecture(program):
    data = Path(program).read_bytes()
    found = set()
    at = data.find(b"\x7fELF", 1)
    while at >= 0:
        if struct.unpack_from("<H", data, at + 18)[0] == CUDA_MACHINE:
            found.add(sm_of(struct.unpack_from("<I", data, at + 48)[0]))
        at = data.find(b"\x7fELF", at + 1)
    assert found == {80, 90}


@pytest.mark.parametrize("program", PROGRAMS)
def test_no_library_of_nvidia_is_needed_to_start(program):
    needed = subprocess.run(["readelf", "-d", program], capture_output=True, text=True, check=True).stdout
    assert not re.search(r"NEEDED.*(cuda|cublas|nvidia)", needed, re.IGNORECASE)
