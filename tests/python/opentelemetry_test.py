"""OpenTelemetry's own SDK and exporters against a real node."""

import json
import os
import subprocess
import urllib.request

import pytest
from npm_packages import npm_program
from real_node_test import PATIENCE_S, Node

LIMIT_S = 120


def get(node, path):
    with urllib.request.urlopen(f"{node.url}/api/v1{path}", timeout=PATIENCE_S) as answer:
        return json.load(answer)


def run_agent(node, encoding, runs, failures, **more):
    done = subprocess.run(
        ["node", npm_program("otlp", "agent.mjs"), encoding, str(runs), str(failures)],
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
        env={**os.environ, "OTEL_EXPORTER_OTLP_ENDPOINT": node.url, "OTEL_SERVICE_NAME": "weather-service", **more},
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("encoding", ["http", "proto"])
@pytest.mark.parametrize("compression", ["none", "gzip"])
def test_an_instrumented_program_is_an_agent(encoding, compression):
    with Node() as node:
        outcomes = run_agent(node, encoding, 20, 3, OTEL_EXPORTER_OTLP_COMPRESSION=compression)
        assert [each["code"] for each in outcomes] == [0] * len(outcomes) and outcomes, outcomes
        agents = [f"{each['prompt_id']}/{each['flow_id']}" for each in get(node, "/agents")["agents"]]
        assert agents == ["weather-bot/0"]
        metrics = get(node, "/agents/weather-bot/0/explain")["metrics"]
        assert (metrics["runs"], metrics["successes"]) == (20, 17)
        assert metrics["trajectory"]["steps"] == 40
        assert metrics["trajectory"]["tools"]["forecast"]["calls"] == 20
        assert abs(metrics["tokens_per_success"] - 20 * 240 / 17) < 0.01
        baseline = get(node, "/agents/weather-bot/0/baselines/latest")
        assert baseline["trigger"] == "creation" and baseline["run_metrics"]["runs"] > 0
        agent = get(node, "/agents/weather-bot/0")
        assert agent["model"] == "model-x"
        assert {(each["tool_name"], each["user_id"]) for each in node.records()} == {("forecast", "weather-bot")}
        assert len(node.records()) == 20


def test_the_token_is_a_header():
    with Node('[http]\nopen = "none"\n') as node:
        refused = run_agent(node, "proto", 1, 0)
        assert all(each["code"] == 1 for each in refused), refused
        with open(node.data + "/operator.token", encoding="ascii") as file:
            token = file.read().strip()
        taken = run_agent(node, "proto", 1, 0, OTEL_EXPORTER_OTLP_HEADERS=f"Authorization=Bearer%20{token}")
        assert [each["code"] for each in taken] == [0], taken
