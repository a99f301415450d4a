"""A hive of real nodes that decide on upgrades together, over mutual TLS, and what must hold of it after whatever a
test did to it."""

import collections
import concurrent.futures
import itertools
import json
import os
import subprocess
import tempfile
import time
from pathlib import Path

from gate_node import PATIENCE_S, GateNode

IS_SOAK = os.environ.get("HIVE_SOAK") == "1"
OLD = "1.0"
GOOD, BAD = [100.0 + number * 31 % 7 / 8 for number in range(20)], [140.0 + number * 31 % 7 / 8 for number in range(20)]

# Of a stage only whether its canaries answer is judged: nothing else has traffic here.
RESPONDING = """
[upgrade.health]
success_rate = false
error_rate = false
world_model = false
guardrail = false
benchmarks = false
responding = true
responding_grace_s = {grace_s}
"""
DECIDED = ("approved", "rejected", "aborted")
STAGE = {"share": 0.2, "duration_s": 1}
LONG = [{"share": 0.2, "duration_s": 3600}]  # stages that a test ends

_addresses = itertools.count(1)


def wait_until(what, text, patience_s=PATIENCE_S):
    """The first true answer of `what`; fails with `text`, or what it returns."""
    end = time.monotonic() + patience_s
    while not (out := what()):
        if time.monotonic() > end:
            raise AssertionError(f"not within {patience_s} s: {text() if callable(text) else text}")
        time.sleep(0.05)
    return out


class GateHive:
    """`size` nodes, all members of the tracks unless `members` names some by number."""

    def __init__(self, size, health=None, upgrade="", hooks="", network=None, members=None, wrapper_of=lambda i: ()):
        self._directory = tempfile.TemporaryDirectory()
        self.root = Path(self._directory.name)
        self.health = RESPONDING.format(grace_s=30) if health is None else health
        self.upgrade, self.hooks, self.network = upgrade, hooks, network
        # Loopback addresses of its own: nobody else takes a node's ports while it is down.
        net = f"127.{10 + os.getpid() % 200}.{next(_addresses)}"
        addresses = [network.address(i) if network else f"{net}.{i + 1}" for i in range(size)]
        spaces = network.namespaces if network else [None] * size
        self.nodes = [GateNode(self.root / f"n{i}", f"n{i}", addresses[i], spaces[i], wrapper_of(i))
                      for i in range(size)]
        self.members = list(range(size)) if members is None else members

    def __enter__(self):
        try:
            self._issue_certificates()
            self._learn_ids()
            for node in self.nodes:
                self._configure(node)
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for node in self.nodes:
            node.end()
        self._directory.cleanup()

    # -- life ---------------------------------------------------------------------

    def hivectl(self, *words):
        subprocess.run([os.environ["HIVECTL"], *map(str, words)], check=True, capture_output=True, timeout=PATIENCE_S)

    def _issue_certificates(self):
        self.hivectl("node", "init-ca", "--out", self.root / "ca")
        for node in self.nodes:
            self.hivectl("node", "issue", "--ca", self.root / "ca", "--role", "node", "--name", node.name, "--out",
                         node.directory / "tls")

    def _learn_ids(self):
        """A node's id is the hash of the key that its first start makes."""
        for node in self.nodes:
            node.launch()
        for node in self.nodes:
            node.await_ready()
        for node in self.nodes:
            node.end()

    def _configure(self, node):
        others = [each.door for each in self.nodes if each is not node]
        members = [self.nodes[i].id for i in self.members]
        node.write_hooks()
        hooks = "\n".join(f'{action} = ["/bin/sh", "{node.hook / action}"]' for action in ("deploy", "rollback"))
        node.configure(
            f'[door]\nlisten = "{node.door}"\ntls = "{node.directory / "tls"}"\njoin = {json.dumps(others)}\n'
            f'[federation]\nrun_directory = "{node.run_directory}"\n'
            f'[upgrade]\nmembers = {json.dumps(members)}\n{self.upgrade}'
            f'[upgrade.hooks]\n{hooks}\n{self.hooks}' + self.health)

    def start(self, nodes=None):
        """Starts the nodes that do not run, and waits until all that run are linked and take part."""
        starting = [node for node in nodes or self.nodes if not node.is_running]
        for node in starting:
            node.launch("--config", str(node.directory / "hived.toml"))
        for node in starting:
            node.await_ready()
        self.await_linked()
        self.await_admitted(starting)

    def running(self):
        return [node for node in self.nodes if node.is_running]

    def await_linked(self):
        ids = {node.id for node in self.running()}

        def all_linked():
            for node in self.running():
                active = {each["id"] for each in node.get("/hive/nodes")["nodes"]
                          if each["state"] == "active" and (each["self"] or (each["linked"] and each["epoch"] > 0))}
                if not ids <= active:
                    return False
            return True

        wait_until(all_linked, lambda: "the nodes do not link\n" + self.logs())

    def await_admitted(self, nodes):
        def all_admitted():
            return all(track["admitted"] for node in nodes for track in node.get("/upgrades/members")["tracks"])

        wait_until(all_admitted, lambda: "not admitted: " + str([node.track() for node in nodes]) + self.logs())

    def lose_power(self):
        """All at once."""
        for node in self.running():
            os.kill(node.pid, 9)
        for node in self.running():
            node.lose_power()

    def logs(self):
        return "".join(f"\n--- {node.name} {node.id}\n{node.log()[-3000:]}" for node in self.nodes)

    # -- proposals ------------------------------------------------------------------

    def give(self, version, samples, nodes=None):
        """Stores a snapshot of the version on the nodes, and one of the old version on all that lack it."""
        for node in nodes or self.running():
            if node.ask("GET", f"/snapshots/{OLD}")[0] == 404:
                node.put_snapshot(OLD, {"latency": GOOD})
            node.put_snapshot(version, {"latency": samples})

    def propose(self, to, by=0, queue=False, **more):
        """Its id. Judged by the stored snapshots; one short stage unless said otherwise."""
        body = {"from": OLD, "to": to, "judge": "strict", "stages": [STAGE], **more}
        return self.nodes[by].request("POST", "/upgrades?queue=true" if queue else "/upgrades", body)["id"]

    def views(self, which, nodes=None):
        return [node.upgrade(which) for node in nodes or self.running()]

    def told(self, which, nodes=None):
        """How the nodes see it, for people."""
        return "\n".join(json.dumps(each) for each in self.views(which, nodes)) + self.logs()

    def wait_for(self, which, decision, nodes=None, patience_s=PATIENCE_S):
        """Waits until all these nodes show this decision, or one of these; returns what they show."""
        wanted = (decision,) if isinstance(decision, str) else decision

        def shown():
            views = self.views(which, nodes)
            return views if all(view and view["decision"] in wanted for view in views) else None

        return wait_until(shown, lambda: f"{which} is not {decision}:\n{self.told(which, nodes)}", patience_s)

    def agreed(self, which, decision=DECIDED, nodes=None):
        """Waits for the decision on these nodes; one and the same, under one hash. Returns decision and hash."""
        views = self.wait_for(which, decision, nodes)
        found = {(view["decision"], view["hash"]) for view in views}
        assert len(found) == 1 and views[0]["hash"], found
        return found.pop()

    def rolled_out(self, which, how="complete", nodes=None):
        """Waits until all these nodes show it so, for good."""
        def shown():
            views = self.views(which, nodes)
            return all(view and view["rollout"] == how and view["final"] for view in views)

        wait_until(shown, lambda: f"{which} is not {how}:\n{self.told(which, nodes)}", 2 * PATIENCE_S)

    def ended(self, which, nodes=None):
        """Waits until nothing of it changes any more on these nodes."""
        wait_until(lambda: all(view and view["final"] for view in self.views(which, nodes)),
                   lambda: f"{which} does not end:\n{self.told(which, nodes)}", 2 * PATIENCE_S)

    def await_generation(self, number, nodes=None):
        """Waits until these nodes act under one generation with this number; returns its hash."""
        def hashes():
            tracks = [node.track() for node in nodes or self.running()]
            are_there = all(track["generation"] == number for track in tracks)
            return {track["hash"] for track in tracks} if are_there else None

        found = wait_until(hashes, lambda: f"not generation {number}: {[node.track() for node in self.running()]}")
        assert len(found) == 1, found
        return found.pop()

    def await_votes(self, which, count, node):
        """Waits until the node shows so many members that have voted."""
        def voted():
            view = node.upgrade(which)
            return view and sum(vote["voted"] for vote in view["votes"]) == count

        wait_until(voted, lambda: f"not {count} votes:\n{json.dumps(node.upgrade(which))}\n{self.logs()}")

    def canary_of(self, which, nodes=None):
        """The only canary of the stage, once it is known."""
        def canaries():
            for view in self.views(which, nodes):
                if view and view.get("stage") and view["stage"].get("canaries"):
                    return view["stage"]["canaries"]
            return None

        found = wait_until(canaries, lambda: f"no canaries:\n{self.told(which, nodes)}")
        assert len(found) == 1, found
        return self.node_of(found[0])

    def run_shown(self, which, node, step, by=None):
        """Waits until the node's hook is shown at this step; returns what is shown."""
        def shown():
            view = (by or self.running()[0]).upgrade(which)
            runs = (view or {}).get("runs", [])
            runs = [run for run in runs if run["node"] == node.id and run["step"] == step]
            return runs[-1] if runs else None

        return wait_until(shown, lambda: f"the hook of {node.name} is not {step}:\n{self.told(which)}")

    def node_of(self, node_id):
        return next(node for node in self.nodes if node.id == node_id)

    def runs_of(self, which, action=None):
        """Hooks that began for the proposal, with their nodes."""
        return [(node, run) for node in self.nodes for run in node.runs(action) if run["order"]["proposal"] == which]

    def expect_deployed(self, which, nodes=None):
        """Waits until the deploy hook has ended on these nodes; it has begun nowhere else, and nowhere twice."""
        wanted = sorted(node.name for node in nodes or self.nodes)

        def ended():
            return sorted(node.name for node in self.nodes for run in node.runs("deploy", "end")
                          if run["order"]["proposal"] == which) == wanted

        wait_until(ended, lambda: f"not deployed on {wanted}:\n{self.told(which)}")
        began = sorted(node.name for node, _ in self.runs_of(which, "deploy"))
        assert began == wanted, (began, wanted)

    # -- what always holds -------------------------------------------------------------

    def expect_sound(self, may_lie=()):
        """One value per position, each hook at most once per token, no deploy after a rollback, nobody blamed."""
        sealed, decided = collections.defaultdict(set), collections.defaultdict(set)
        for node in self.running():
            for view in node.upgrades():
                assert not view.get("conflict"), view
                for step in view.get("steps", []):
                    sealed[view["track"], step["position"]].add((step["kind"], step["hash"]))
                if view["decision"] in DECIDED:
                    decided[view["id"]].add((view["decision"], view["hash"]))
            assert node.quarantined() <= set(may_lie), (node.name, node.quarantined(), self.logs())
        for found in (*sealed.values(), *decided.values()):
            assert len(found) == 1, (sealed, decided)
        for node in self.nodes:
            began = collections.Counter((run["token"], run["action"]) for run in node.runs())
            assert all(count == 1 for count in began.values()), (node.name, began)
            for back in node.runs("rollback"):
                which = back["order"]["proposal"]
                late = [run for run in node.runs("deploy", None) if run["order"]["proposal"] == which
                        and run["at_ns"] > back["at_ns"]]
                assert not late, (node.name, back, late)


def together(*calls):
    """Calls all at once, and returns their results in order."""
    with concurrent.futures.ThreadPoolExecutor(len(calls)) as pool:
        return [each.result(PATIENCE_S) for each in [pool.submit(call) for call in calls]]
