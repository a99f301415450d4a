"""hive-embodied: the CPU reference, the package that it prefers, and what it says without a GPU."""

import os

import pytest
from heavy_programs import failure, measurement, package, run, values

PROGRAM = os.environ["HIVE_EMBODIED"]
MODULE = "embodied_ai.validation.benchmark"
METRICS = {"mean_latency_ms", "forgetting", "ram_mb", "vram_mb", "average_accuracy", "backward_transfer",
           "learning_accuracy"}
PACKAGE = """
class PerformanceBenchmark:
    def run(self):
        return {"mean_latency_ms": 12.5}
class ForgettingBenchmark:
    pass
class MemoryBenchmark:
    def run(self):
        return {"ram_mb": 300}
"""


def test_the_reference_has_all_metrics_marked_as_simulated():
    measured = measurement(run(PROGRAM, "--reference", "--seed", 3))
    assert set(measured["metrics"]) == METRICS
    assert {metric["scope"] for metric in measured["metrics"].values()} == {"simulated"}
    found = values(measured)
    assert found["learning_accuracy"] > found["average_accuracy"] > .25
    assert found["forgetting"] > 0 > found["backward_transfer"]
    assert found["mean_latency_ms"] > 0 and found["ram_mb"] > 1 and found["vram_mb"] > 0
    assert "seed 3" in measured["note"] and "measured by hive-embodied" in measured["note"]


def test_the_reference_learns_the_same_again():
    def learned(seed):
        found = values(measurement(run(PROGRAM, "--reference", "--seed", seed)))
        return found["forgetting"], found["average_accuracy"]

    assert learned(1) == learned(1) != learned(2)


def test_the_reference_ignores_the_package(tmp_path):
    package(tmp_path, {MODULE: "raise SystemError('imported')"})
    assert set(measurement(run(PROGRAM, "--reference", path=tmp_path))["metrics"]) == METRICS


def test_the_package_is_preferred(tmp_path):
    package(tmp_path, {MODULE: PACKAGE})
    measured = measurement(run(PROGRAM, path=tmp_path))
    assert values(measured) == {"mean_latency_ms": 12.5, "ram_mb": 300}
    assert "measured by hevolveai's PerformanceBenchmark and MemoryBenchmark" in measured["note"]


def test_a_package_without_one_of_its_benchmarks_is_an_error(tmp_path):
    package(tmp_path, {MODULE: PACKAGE.replace("ForgettingBenchmark", "Other")})
    said = failure(run(PROGRAM, path=tmp_path))
    assert "the package hevolveai failed" in said and "ForgettingBenchmark" in said


def test_without_a_device_it_is_skipped_with_the_reason():
    measured = measurement(run(PROGRAM, "--own", timeout=600))
    if measured["metrics"]:
        pytest.skip("this machine has a CUDA device")
    assert measured["skipped"].startswith(("no CUDA device: ", "built without CUDA"))


def test_on_a_device_all_metrics_are_real():
    measured = measurement(run(PROGRAM, "--own", timeout=600))
    if not measured["metrics"]:
        pytest.skip("this machine has no CUDA device")
    assert set(measured["metrics"]) == METRICS
    assert not any("scope" in metric for metric in measured["metrics"].values())
    found = values(measured)
    assert found["learning_accuracy"] > .85 and found["forgetting"] > .1


@pytest.mark.parametrize("arguments", [("--seed", "x"), ("--tasks", 5)])
def test_a_wrong_option_is_a_usage_error(arguments):
    result = run(PROGRAM, *arguments)
    assert (result.returncode, result.stdout) == (64, "")


def test_help_teaches():
    result = run(PROGRAM, "--help")
    assert result.returncode == 0
    for text in ("--reference", "--own", "CUDA_VISIBLE_DEVICES", "Exit status:"):
        assert text in result.stdout
