"""hivectl mcp with the client that the protocol's authors publish."""

import json
import os
import subprocess

from npm_packages import npm_program
from real_node_test import Node

LIMIT_S = 120
GPU = '[[gpu.simulated]]\nvram_mib = 16384\n'
RECORD = {"task_type": "fix", "tool_name": "ruff", "completion_time_s": 2, "success": True}
SPEED = {"bench": {"metrics": {"speed": {"value": 5, "unit": "req/s", "direction": "higher"}}}}


def run(node, calls):
    program = npm_program("mcp", "client.mjs")
    lines = "".join(json.dumps({"name": name, "arguments": arguments}) + "\n" for name, arguments in calls)
    done = subprocess.run(
        ["node", program, os.environ["HIVECTL"]],
        input=lines,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
        env={**os.environ, "HIVE_URL": node.url, "HIVE_DATA": node.data},
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_published_client_lists_and_calls_all_tools():
    calls = [("record_task", RECORD)] * 5 + [
        ("best_tool", {"task_type": "fix"}),
        ("route_task", {"task_type": "new", "available": ["ruff"]}),
        ("capture_snapshot", {"version": "v1", "adapters": [], "measurements": SPEED}),
        ("capture_snapshot", {"version": "v2", "adapters": [], "measurements": SPEED}),
        ("check_upgrade", {"old": "v1", "new": "v2"}),
        ("lease_gpu", {"vram_gb": 1}),
        ("release_lease", {"id": "1-1"}),
        ("best_tool", {"task_type": "fxi"}),
        ("best_tool", {}),
        ("check_upgrade", {"old": "v1", "new": "v3"}),
        ("validate_agent", {"prompt_id": "nobody", "flow_id": "0"}),
        ("forget_everything", {}),
        ("lease_gpu", {"vram_gb": 1}),
    ]
    with Node(GPU) as node:
        out = run(node, calls)
        records = node.records()
    assert out["errors"] == [], "each line was a message of the protocol"
    assert out["server"]["name"] == "hivemark"
    assert {each["name"] for each in out["tools"]} == {
        "record_task", "best_tool", "route_task", "capture_snapshot", "check_upgrade", "validate_agent", "lease_gpu",
        "renew_lease", "release_lease", "hand_over_lease",
    }
    for each in out["tools"]:
        assert each["inputSchema"]["additionalProperties"] is False and each["description"]
    results = out["results"]
    assert len(records) == 5
    assert results[5]["structuredContent"]["tool_name"] == "ruff"
    assert json.loads(results[5]["content"][0]["text"]) == results[5]["structuredContent"]
    assert results[6]["structuredContent"]["reason"] == "available"
    assert results[8]["structuredContent"]["version"] == "v2"
    assert results[9]["structuredContent"]["compared"] == 1, results[9]
    assert results[10]["structuredContent"]["state"] == "active", results[10]
    assert results[11]["structuredContent"]["outcome"] == "released", results[11]
    assert [each["isError"] for each in results[12:16]] == [True] * 4
    texts = [each["content"][0]["text"] for each in results[12:16]]
    assert "did you mean fix?" in texts[0]
    assert "/task_type is required" in texts[1]
    assert "version v3 has no snapshot" in texts[2] and "did you mean v1 or v2?" in texts[2]
    assert "there is no agent nobody/0" in texts[3]
    assert results[16]["code"] == -32602 and "forget_everything" in results[16]["message"]
    assert "timed out" in out["aborted"], "the second lease is held, so this request waited"


def test_the_leases_of_a_client_that_closes_are_given_back():
    with Node(GPU) as node:
        out = run(node, [("lease_gpu", {"vram_gb": 1})])
        assert out["results"][0]["structuredContent"]["state"] == "active"
        assert "timed out" in out["aborted"]
        done = subprocess.run(
            [os.environ["HIVECTL"], "--json", "--url", node.url, "gpu", "leases"],
            capture_output=True, text=True, timeout=LIMIT_S, check=True, env={**os.environ, "HIVE_DATA": node.data},
        )
        assert json.loads(done.stdout)["leases"] == []
