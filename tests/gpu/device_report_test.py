"""hive-gpu-report: measures every device, or says that there is none. Each test needs one of the two machines."""

import json
import os
import re
import subprocess

import pytest


@pytest.fixture(scope="module")
def report():
    return subprocess.run([os.environ["HIVE_GPU_REPORT"]], capture_output=True, text=True, timeout=100, check=False)


def test_without_device_it_says_so(report):
    if report.returncode == 0:
        pytest.skip("this machine has a CUDA device")
    assert report.returncode == 3
    assert report.stdout == ""
    assert report.stderr.startswith("hive-gpu-report: no CUDA device: ")


def test_each_device_is_one_line_of_json(report):
    if report.returncode == 3:
        pytest.skip("this machine has no CUDA device")
    assert (report.returncode, report.stderr) == (0, "")
    devices = [json.loads(line) for line in report.stdout.splitlines()]
    assert devices
    for device in devices:
        assert re.fullmatch(r"GPU-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", device["uuid"])
        assert device["name"] and device["vram_mib"] > 0 and device["bandwidth_gb_s"] > 0
        assert re.fullmatch(r"\d+\.\d+", device["compute_capability"])
