"""hive-qwen-encoder: the CPU reference, a llama.cpp server, the package, and what it says without a GPU."""

import json
import os

import pytest
from heavy_programs import failure, measurement, package, run, server, values

PROGRAM = os.environ["HIVE_QWEN_ENCODER"]
MODULE = "embodied_ai.models.qwen_benchmark"
PACKAGE = """
def benchmark_llamacpp(server_url):
    return {"tokens_per_second": float(len(server_url))}
"""


def test_the_reference_is_marked_as_simulated():
    measured = measurement(run(PROGRAM, "--reference", "--batch", 2, "--tokens", 16))
    assert set(measured["metrics"]) == {"tokens_per_second", "tflops"}
    assert {metric["scope"] for metric in measured["metrics"].values()} == {"simulated"}
    assert all(value > 0 for value in values(measured).values())
    assert "2 sequences of 16 tokens" in measured["note"] and "measured by hive-qwen-encoder" in measured["note"]


def test_the_reference_is_tiny_whatever_size_is_asked_for():
    measured = measurement(run(PROGRAM, "--reference", "--batch", 1024, "--tokens", 8192))
    assert "4 sequences of 64 tokens" in measured["note"]


def timings(rate):
    return json.dumps({"content": "x", "timings": {"prompt_n": 120, "prompt_per_second": rate,
                                                   "predicted_per_second": 40}})


def test_a_llama_server_is_measured_by_its_own_timings():
    with server(lambda handler, _: handler.reply(200, timings(2500))) as url:
        measured = measurement(run(PROGRAM, "--own", "--llama-url", url))
    assert values(measured) == {"tokens_per_second": 2500, "generated_tokens_per_second": 40}
    assert measured["metrics"]["tokens_per_second"]["scope"] == "llama.cpp"
    assert url in measured["note"]


def test_a_llama_server_that_fails_is_named():
    with server(lambda handler, _: handler.reply(500, "no slot")) as url:
        assert "/completion answered 500: no slot" in failure(run(PROGRAM, "--own", "--llama-url", url))
    with server(lambda handler, _: handler.reply(200, "{}")) as url:
        assert "the answer has no timings" in failure(run(PROGRAM, "--own", "--llama-url", url))
    assert "--llama-url must start with" in failure(run(PROGRAM, "--own", "--llama-url", "127.0.0.1"))


def test_nobody_at_the_url_is_skipped():
    measured = measurement(run(PROGRAM, "--own", "--llama-url", "http://127.0.0.1:1"))
    assert "no llama.cpp server answers" in measured["skipped"]


def test_the_package_measures_a_server(tmp_path):
    package(tmp_path, {MODULE: PACKAGE})
    measured = measurement(run(PROGRAM, "--llama-url", "http://127.0.0.1:1", path=tmp_path))
    assert values(measured) == {"tokens_per_second": len("http://127.0.0.1:1")}
    assert "measured by hevolveai's benchmark_llamacpp" in measured["note"]


def test_a_package_that_fails_is_an_error(tmp_path):
    package(tmp_path, {MODULE: "raise RuntimeError('no server')"})
    said = failure(run(PROGRAM, "--llama-url", "http://127.0.0.1:1", path=tmp_path))
    assert "the package hevolveai failed with status 1: RuntimeError: no server" in said


def test_without_a_device_it_is_skipped_with_the_reason():
    measured = measurement(run(PROGRAM, "--own", timeout=600))
    if measured["metrics"]:
        pytest.skip("this machine has a CUDA device")
    assert measured["skipped"].startswith(("no CUDA device: ", "built without CUDA"))


def test_on_a_device_the_rates_are_real():
    measured = measurement(run(PROGRAM, "--own", timeout=600))
    if not measured["metrics"]:
        pytest.skip("this machine has no CUDA device, or no cuBLASLt")
    assert set(measured["metrics"]) == {"tokens_per_second", "tflops"}
    assert not any("scope" in metric for metric in measured["metrics"].values())
    assert values(measured)["tokens_per_second"] > 1000 and "cuBLASLt" in measured["note"]


@pytest.mark.parametrize("arguments", [("--tokens", 0), ("--batch", "x"), ("--layers", 5)])
def test_a_wrong_option_is_a_usage_error(arguments):
    result = run(PROGRAM, *arguments)
    assert (result.returncode, result.stdout) == (64, "")


def test_help_teaches():
    result = run(PROGRAM, "--help")
    assert result.returncode == 0
    for text in ("--reference", "--llama-url", "CUDA_VISIBLE_DEVICES", "Exit status:"):
        assert text in result.stdout
