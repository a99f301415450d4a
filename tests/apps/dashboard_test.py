"""hived serves the dashboard: the first page, and the files that it names."""

import json
import os
import re
import signal
import subprocess
import urllib.error
import urllib.request

import pytest

HIVED = os.environ.get("HIVED")


@pytest.fixture
def node(tmp_path):
    """The address of a running node."""
    arguments = [HIVED, "--data", str(tmp_path / "data"), "--http", "127.0.0.1:0"]
    with open(tmp_path / "log", "w", encoding="utf-8") as log:
        child = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=log, text=True, cwd=tmp_path)
    try:
        line = child.stdout.readline()
        assert line.startswith("hived ready"), (tmp_path / "log").read_text(encoding="utf-8")
        yield "http://" + re.search(r"http=(\S+)", line)[1]
    finally:
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()


def test_a_node_serves_its_pages_and_the_files_that_they_name(node):
    with urllib.request.urlopen(node + "/") as answer:
        page = answer.read().decode()
        tag = re.search(r'"([0-9a-f]{16})"', answer.headers["ETag"])[1]
    assert "{{ui}}" not in page
    for name in ("dygraph.min.js", "licenses.txt", *re.findall(rf"ui/{tag}/([^\"' ]+)", page)):
        with urllib.request.urlopen(f"{node}/ui/{tag}/{name}") as answer:
            assert "immutable" in answer.headers["Cache-Control"], name
            assert answer.read(), name


def test_pages_are_not_in_the_document_of_the_api(node):
    with urllib.request.urlopen(node + "/openapi.json") as answer:
        document = answer.read().decode()
    assert '"/ui/' not in document
    assert '"/api/v1/whoami"' in document


def test_files_of_another_build_are_not_found(node):
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(node + "/ui/0123456789abcdef/dygraph.min.js")
    assert refused.value.code == 404


def ask(url, method="GET", body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def test_pages_find_what_was_captured(node):
    api = node + "/api/v1"
    for number in range(1, 31):
        metrics = {"latency": {"value": 100 + number % 3, "direction": "lower", "unit": "ms", "adapter": "probe"}}
        ask(f"{api}/snapshots/v{number}", "PUT", {"metrics": metrics})
    listed = ask(f"{api}/metrics?limit=5")
    assert listed["total"] == 1 and listed["moved"] == 0
    line = listed["metrics"][0]
    assert (line["adapter"], line["name"], line["version"], line["captures"]) == ("probe", "latency", "v30", 30)
    assert len(line["spark"]) == 30
    points = ask(f"{api}/metrics/probe/latency/history?points=30")
    assert len(points["points"]) == 30 and "buckets" not in points and len(points["versions"]["version"]) == 30
    buckets = ask(f"{api}/metrics/probe/latency/history?points=10&from=2020-01-01T00:00:00Z")
    assert buckets["captures"] == 30 and buckets["points"] == []
    assert buckets["buckets"]["count"] == [3] * 10
    assert buckets["buckets"]["least"] == [100] * 10 and buckets["buckets"]["most"] == [102] * 10
    assert [each["policy"] for each in buckets["thresholds"]] == ["strict", "statistical"]
    assert ask(f"{api}/metrics/probe/latency/history?points=10&to=2020-01-01T00:00:00Z").get("captures", 0) == 0
    with pytest.raises(urllib.error.HTTPError) as refused:
        ask(f"{api}/metrics/probe/latency/history?points=10&before=3")
    assert refused.value.code == 400


def test_a_caller_is_told_what_it_may_do(node):
    assert ask(node + "/api/v1/whoami") == {"role": "record", "open": "record"}
