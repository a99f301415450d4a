"""hive-quantiphy with real servers that answer right, wrong, slowly, with garbage, with an error, and cut off."""

import json
import math
import os
import re
import signal
import subprocess
import threading

import pytest
from heavy_programs import completion, failure, measurement, package, run, server, values

PROGRAM = os.environ["HIVE_QUANTIPHY"]
MODULE = "tests.benchmarks.quantiphy_benchmark"


def quantiphy(url, *arguments, **options):
    return run(PROGRAM, "--own", "--endpoint", url + "/v1", "--problems", 20, *arguments, **options)


def question_of(body):
    return json.loads(body)["messages"][1]["content"]


def numbers(text):
    return [float(number) for number in re.findall(r"\d+(?:\.\d+)?", text)]


def solve(question):
    """The right answer to some kinds of question, by other means than the program's; None for the others."""
    g = 3.7 if "another planet" in question else 9.81
    n = numbers(question)
    if question.startswith("A stone falls from rest from a height") and "How long" in question:
        return f"{math.sqrt(2 * n[0] / g):.6g} s"
    if question.startswith("A stone falls from rest from a height"):
        return f"{3.6 * math.sqrt(2 * g * n[0]):.6g} km/h"
    if question.startswith("A ball is thrown straight up at") and "How high" in question:
        return f"{100 * n[0] ** 2 / 2 / g:.6g} cm"
    if question.startswith("What is the weight"):
        return f"{n[0] * g / 1000:.6g} kN"
    if question.startswith("A body of mass"):
        return f"{n[0] * g * n[1]:.6g} J"
    return None


def test_right_answers_in_any_unit_score_and_others_do_not():
    right = threading.Lock(), []

    def answer(handler, body):
        text = solve(question_of(body))
        with right[0]:
            right[1].append(text is not None)
        handler.reply(200, completion(f"<think>Is it 7 kg?</think>Thus **{text}**." if text else "I cannot say."))

    with server(answer) as url:
        measured = measurement(quantiphy(url, "--model", "m"))
    found = values(measured)
    asked = right[1]
    assert len(asked) == 40
    # All categories have as many questions, so the mean of their means is the share of right answers.
    assert found["mra_mean"] == pytest.approx(sum(asked) / 40)
    assert found["mra_strict"] == pytest.approx(sum(asked) / 40)
    assert found["mra_counterfactual"] == pytest.approx(sum(asked) / 40)
    assert found["invalid_ratio"] == pytest.approx(1 - sum(asked) / 40)
    assert 0 < sum(asked) < 40
    assert found["latency_p95_ms"] > 0
    assert measured["metrics"]["latency_p95_ms"]["direction"] == "lower"
    assert "40 questions, set " in measured["note"] and "seed 1" in measured["note"]
    assert "served-model" in measured["note"] and "measured by hive-quantiphy" in measured["note"]


def test_a_model_that_recites_earth_is_found_out():
    def answer(handler, body):
        question = question_of(body).replace("another planet", "Earth")
        handler.reply(200, completion(solve(question) or "I cannot say."))

    with server(answer) as url:
        found = values(measurement(quantiphy(url)))
    assert 0 < found["mra_counterfactual"] < found["mra_mean"] / 2


def test_the_same_seed_asks_the_same_and_another_one_does_not():
    def ask(seed):
        asked = []

        def answer(handler, body):
            asked.append(question_of(body))
            handler.reply(200, completion("1"))

        with server(answer) as url:
            scope = measurement(quantiphy(url, "--seed", seed))["metrics"]["mra_mean"]["scope"]
        return asked, scope

    assert ask(1) == ask(1)
    assert ask(1)[1] != ask(2)[1]


def test_wrong_answers_score_nothing_and_are_valid():
    with server(lambda handler, _: handler.reply(200, completion("1e30"))) as url:
        found = values(measurement(quantiphy(url)))
    assert (found["mra_mean"], found["invalid_ratio"]) == (0, 0)


def test_a_slow_answer_is_a_timeout():
    released = threading.Event()
    with server(lambda *_: released.wait(60)) as url:
        try:
            said = failure(quantiphy(url, "--timeout-s", 1))
        finally:
            released.set()
    assert "timed_out: question 1: " in said


def test_an_error_of_the_server_fails_with_its_text():
    with server(lambda handler, _: handler.reply(500, "out of memory")) as url:
        said = failure(quantiphy(url))
    assert "answered 500: out of memory" in said


@pytest.mark.parametrize(
    "body", ["", "garbage", "{}", '{"choices": []}', '{"choices": [{"message": {}}]}', "[" * 100_000])
def test_garbage_is_named(body):
    with server(lambda handler, _: handler.reply(200, body)) as url:
        said = failure(quantiphy(url))
    assert "answered without choices[0].message.content" in said


def test_an_answer_that_is_cut_off_fails():
    def answer(handler, _):
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.write(b'{"choices": [')
        handler.close_connection = True

    with server(answer) as url:
        said = failure(quantiphy(url))
    assert "unavailable: question 1: " in said


def test_answers_that_are_all_cut_at_the_token_limit_fail():
    with server(lambda handler, _: handler.reply(200, completion("Let me think", "length"))) as url:
        said = failure(quantiphy(url, "--max-tokens", 7))
    assert "every answer was cut at 7 tokens" in said


def test_a_key_is_sent_and_a_broken_one_named(tmp_path):
    keys = set()

    def answer(handler, _):
        keys.add(handler.headers["Authorization"])
        handler.reply(200, completion("1"))

    key = tmp_path / "key"
    key.write_text("sk-1\n", encoding="utf-8")
    with server(answer) as url:
        measurement(quantiphy(url, "--api-key-file", key))
        assert keys == {"Bearer sk-1"}
        key.write_text("two words", encoding="utf-8")
        assert f"{key} does not hold one API key" in failure(quantiphy(url, "--api-key-file", key))
        assert "is missing" in failure(quantiphy(url, "--api-key-file", tmp_path / "none"))


def test_a_csv_file_of_quantiphy_is_asked(tmp_path):
    file = tmp_path / "questions.csv"
    file.write_text("id,video_type,inference_type,question,ground_truth_prior,depth_info,ground_truth_posterior\n"
                    "1,S2MC,SS,How long is the block in cm?,calibre = 1cm,,50\n"
                    '2,S3MC,DS,"How fast is it, in cm/s?",,"far, 3 m",200\n'
                    "3,S3MC,DS,How fast is it?,,,-1\n", encoding="utf-8")
    asked = []

    def answer(handler, body):
        asked.append(question_of(body))
        handler.reply(200, completion("0.5 m" if "block" in asked[-1] else "1.1 m/s"))

    with server(answer) as url:
        measured = measurement(quantiphy(url, "--csv", file))
    assert asked == ["Known from the video: calibre = 1cm. How long is the block in cm?",
                     "Depth: far, 3 m. How fast is it, in cm/s?"]
    assert values(measured)["mra_mean"] == pytest.approx((1 + .5) / 2)
    assert "mra_counterfactual" not in measured["metrics"]
    assert "1 rows left out" in measured["note"]


def test_a_broken_csv_file_is_named(tmp_path):
    file = tmp_path / "questions.csv"
    file.write_text("question\n", encoding="utf-8")
    said = failure(quantiphy("http://127.0.0.1:1", "--csv", file))
    assert f"{file}: the CSV file has no column ground_truth_prior" in said


def test_without_an_endpoint_it_is_skipped():
    assert "no endpoint is configured" in measurement(run(PROGRAM))["skipped"]
    assert "no endpoint answers: http://127.0.0.1:1/v1/models" in measurement(quantiphy("http://127.0.0.1:1"))["skipped"]


@pytest.mark.parametrize("url", ["ftp://127.0.0.1", "127.0.0.1", "http://", "http://user:secret@127.0.0.1"])
def test_a_url_that_is_none_is_named(url):
    assert "--endpoint " in failure(run(PROGRAM, "--own", "--endpoint", url))


@pytest.mark.parametrize("arguments", [("--problems", 3), ("--problems", "many"), ("--seed", -1), ("--unknown",), ("x",)])
def test_a_wrong_option_is_a_usage_error(arguments):
    result = run(PROGRAM, *arguments)
    assert (result.returncode, result.stdout) == (64, "")
    assert str(arguments[0]) in result.stderr


def test_help_teaches():
    result = run(PROGRAM, "--help")
    assert result.returncode == 0
    for text in ("--endpoint", "--csv", "Example:", "Exit status:"):
        assert text in result.stdout


def test_sigterm_ends_it_between_two_questions():
    asked = threading.Event()
    released = threading.Event()

    def answer(handler, _):
        asked.set()
        released.wait(60)
        handler.reply(200, completion("1"))

    with server(answer) as url:
        process = subprocess.Popen([PROGRAM, "--own", "--endpoint", url], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True)
        try:
            assert asked.wait(60)
            process.send_signal(signal.SIGTERM)
            out, err = process.communicate(timeout=60)
        finally:
            released.set()
            process.kill()
    assert (process.returncode, out) == (143, "")
    assert "stopped before the end of the measurement" in err


PACKAGE = """
import sys
class QuantiPhyBenchmark:
    def __init__(self, api_url):
        self.api_url = api_url
    def run_benchmark(self, phase, max_instances):
        assert (phase, max_instances) == ("baseline", 20)
        print("a package may print what it likes")
        return {"mra": {"mean": 0.625}, "latency": {"p95": float(len(self.api_url))}}
"""


def test_the_package_is_preferred(tmp_path):
    package(tmp_path, {MODULE: PACKAGE})
    result = run(PROGRAM, "--endpoint", "http://127.0.0.1:1", path=tmp_path)
    measured = measurement(result)
    assert values(measured) == {"mra_mean": .625, "latency_p95_ms": len("http://127.0.0.1:1")}
    assert "measured by hevolveai" in measured["note"]
    assert measured["metrics"]["mra_mean"]["scope"] == "hevolveai"
    assert "a package may print what it likes" in result.stderr


def test_own_leaves_the_package_alone(tmp_path):
    package(tmp_path, {MODULE: "raise SystemError('imported')"})
    assert "no endpoint answers" in measurement(run(PROGRAM, "--own", "--endpoint", "http://127.0.0.1:1",
                                                    path=tmp_path))["skipped"]


@pytest.mark.parametrize("module, said", [
    ("import torch_is_not_here", "No module named 'torch_is_not_here'"),
    ("raise ValueError('no weights')", "ValueError: no weights"),
    (PACKAGE.replace('"mean": 0.625', '"median": 1'), "KeyError: 'mean'"),
    (PACKAGE.replace("0.625", "float('nan')"), "mra_mean is nan and no number"),
    (PACKAGE.replace("0.625", "'good'"), "mra_mean is 'good' and no number"),
    (PACKAGE.replace("0.625", "True"), "mra_mean is True and no number"),
    ("import os; os.kill(os.getpid(), 11)", "status 139"),
    ("import os; os._exit(3)", "status 3"),
])
def test_a_package_that_fails_is_an_error_that_names_it(tmp_path, module, said):
    package(tmp_path, {MODULE: module})
    text = failure(run(PROGRAM, "--endpoint", "http://127.0.0.1:1", path=tmp_path)).splitlines()[-1]
    assert "the package hevolveai failed" in text and said in text


def test_a_package_of_another_form_is_an_error_that_names_it(tmp_path):
    package(tmp_path, {"other": ""})
    said = failure(run(PROGRAM, "--endpoint", "http://127.0.0.1:1", path=tmp_path))
    assert "the package hevolveai failed" in said and "hevolveai.tests" in said


def test_a_python_that_is_missing_is_named_if_it_was_asked_for():
    said = failure(run(PROGRAM, "--endpoint", "http://127.0.0.1:1", "--python", "/nonexistent/python"))
    assert "cannot start /nonexistent/python" in said


def test_sigterm_ends_the_package_too(tmp_path):
    started = tmp_path / "started"
    package(tmp_path, {MODULE: f"import os, pathlib, time\npathlib.Path({str(started)!r}).write_text(str(os.getpid()))\n"
                               "time.sleep(1000)\n"})
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    process = subprocess.Popen([PROGRAM, "--endpoint", "http://127.0.0.1:1"], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True, env=environment)
    try:
        while not (started.exists() and started.read_text(encoding="utf-8")):
            assert process.poll() is None
            threading.Event().wait(.02)
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=60)
    finally:
        process.kill()
    assert (process.returncode, out) == (143, "")
    with pytest.raises(ProcessLookupError):
        os.kill(int(started.read_text(encoding="utf-8")), 0)
