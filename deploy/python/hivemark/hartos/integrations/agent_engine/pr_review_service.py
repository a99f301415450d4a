"""Reviews of pull requests, as HART OS's module of this name has them: its decisions, over the node's baselines.

Lint and tests run in this process's machine, on the checkout that is there, as HART OS runs them. `hivectl review` has
a node compare the change with its base, in a sandbox.
"""

from __future__ import annotations

import json
import logging
import re
import subprocess
import sys
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from ... import _mirror
from ..._errors import attempt
from ..._form import Json
from ..._host import of_hartos
from . import agent_baseline_service as baselines

log = logging.getLogger("hivemark")

_GH_TIMEOUT_S = 30
_LINT_TIMEOUT_S = 120
_TEST_TIMEOUT_S = 600
_MAX_OUTPUT = 500
_MAX_LISTED = 10
# The share of tests that must pass. HART OS's rule, which knows no base to compare with.
_LEAST_PASS_RATE = 0.95
_EVENTS = {"approve": "APPROVE", "request_changes": "REQUEST_CHANGES", "flag_steward": "COMMENT"}
_REPOSITORY = re.compile(r"(?:^|[/:])([A-Za-z0-9][A-Za-z0-9-]*)/([A-Za-z0-9._-]+?)(?:\.git)?/?$")
_COUNT = re.compile(r"(\d+) (passed|failed|errors?)\b")


class PRReviewService:
    """HART OS's functions of this name."""

    @staticmethod
    def review_pr(repo_url: str, pr_number: int) -> Json:
        """Reviews a pull request and posts the review: {decision, reason, …}.

        decision: approve, request_changes (a failing test or a regression), flag_steward (not simple, or the baselines
            cannot be validated), or error.
        """
        of = PRReviewService
        diff_stats = of._fetch_pr_diff(repo_url, pr_number)
        if diff_stats.get("error"):
            return {"decision": "error", "error": diff_stats["error"]}
        precommit = of.run_pre_commit_checks()
        tests = of.run_test_suite()
        validation = of.validate_baseline()
        complexity = of.classify_change(diff_stats)
        decision, reason = _decide(tests, validation, complexity)
        review: Json = {
            "decision": decision,
            "reason": reason,
            "pr_number": pr_number,
            "diff_stats": diff_stats,
            "precommit": precommit,
            "test_results": tests,
            "baseline_validation": validation,
            "change_complexity": complexity,
        }
        try:
            of.post_review(repo_url, pr_number, review)
        except Exception as error:  # the verdict stands whether or not it can be posted
            log.warning("The review of %s #%s is not posted: %s", repo_url, pr_number, error)
            review["review_posted"] = False
        return review

    @staticmethod
    def _fetch_pr_diff(repo_url: str, pr_number: int) -> Json:
        """{files_changed, additions, deletions}, from GitHub's command gh; with `error` when it does not say."""
        nothing = {"files_changed": 0, "additions": 0, "deletions": 0}
        repository = _owner_and_name(repo_url)
        if repository is None:
            return {"error": f"Cannot parse repo: {repo_url}"}
        fields = "{files_changed: .changed_files, additions: .additions, deletions: .deletions}"
        try:
            path = f"repos/{repository[0]}/{repository[1]}/pulls/{int(pr_number)}"
            done = _run(["gh", "api", path, "--jq", fields], _GH_TIMEOUT_S)
            if done.returncode != 0:
                return {"error": done.stderr[:200] or f"gh ended with {done.returncode}", **nothing}
            stats: Json = json.loads(done.stdout)
            return stats
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            return {"error": str(error), **nothing}

    @staticmethod
    def run_pre_commit_checks(repo_path: str = ".") -> Json:
        """What the linter says: {passed, issues: [{tool, output}]}. It is reported and decides nothing."""
        try:
            done = _run(["ruff", "check", repo_path, "--select", "E,W,F"], _LINT_TIMEOUT_S)
        except FileNotFoundError:
            return {"passed": True, "issues": []}  # HART OS goes without one that is not installed
        except (OSError, subprocess.SubprocessError) as error:
            return {"passed": False, "issues": [{"tool": "ruff", "output": str(error)[:_MAX_OUTPUT]}]}
        if done.returncode == 0:
            return {"passed": True, "issues": []}
        return {"passed": False, "issues": [{"tool": "ruff", "output": (done.stdout or done.stderr)[:_MAX_OUTPUT]}]}

    @staticmethod
    def run_test_suite(repo_path: str = ".") -> Json:
        """Runs pytest: {passed, failed, total, pass_rate, returncode}. An error counts as a failed test."""
        nothing = {"passed": 0, "failed": 0, "total": 0, "pass_rate": 0.0}
        command = [sys.executable, "-m", "pytest", "tests/", "-v", "-s", "--tb=short", "-q"]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=_TEST_TIMEOUT_S, cwd=repo_path, check=False
            )
        except Exception as error:  # whatever keeps the tests from running, they have not passed
            return {**nothing, "error": str(error)}
        passed, failed = _counts(done.stdout + done.stderr)
        total = passed + failed
        return {
            "passed": passed,
            "failed": failed,
            "total": total,
            "pass_rate": round(passed / max(1, total), 4),
            "returncode": done.returncode,
        }

    @staticmethod
    def validate_baseline(repo_path: str = ".") -> Json:
        """Validates every agent that the node or the folder knows: {passed, regressions}. Without an answer it has not
        passed, and is `inconclusive`."""

        def validate() -> Json:
            regressions: List[str] = []
            reasons: List[str] = []
            for prompt, flow in _agents():
                result = baselines.AgentBaselineService.validate_against_baseline(prompt, flow)
                if result.get("passed"):
                    continue
                regressions += [f"{prompt}_{flow}: {each}" for each in result.get("regressions", [])]
                if result.get("inconclusive"):
                    reasons.append(f"{prompt}_{flow}: {result.get('reason')}")
            out: Json = {"passed": not regressions and not reasons, "regressions": regressions}
            if reasons:
                out.update(inconclusive=True, reason="; ".join(reasons[:_MAX_LISTED]))
            return out

        return attempt("validate_baseline", validate, baselines._no_verdict)

    @staticmethod
    def classify_change(diff_stats: Mapping[str, Any]) -> str:
        """simple: at most 3 files and under 100 lines, and no violated limit of a code metric; moderate: at most 10 and
        under 500; else complex."""
        files = diff_stats.get("files_changed", 0)
        lines = diff_stats.get("additions", 0) + diff_stats.get("deletions", 0)
        if files > 10 or lines >= 500:
            return "complex"
        if files > 3 or lines >= 100 or diff_stats.get("guardian_violations", 0) > 0:
            return "moderate"
        return "simple"

    @staticmethod
    def enhanced_review(changed_files: Sequence[Mapping[str, str]]) -> Json:
        """What HART OS's code metrics say of the files, {filename, source} each. Without them it has not passed."""
        try:
            guardian = of_hartos("core.platform.pr_guardian", "PRGuardian")
            report: Json = guardian.analyze_diff("", changed_files)
            report["review_comment"] = guardian.generate_review_comment(report)
            return report
        except Exception as error:
            return {"error": str(error), "passed": False}

    @staticmethod
    def post_review(repo_url: str, pr_number: int, review: Mapping[str, Any]) -> None:
        """Posts a review with gh. OSError when that fails."""
        repository = _owner_and_name(repo_url)
        if repository is None:
            raise OSError(f"{repo_url} names no repository")
        event = _EVENTS.get(review.get("decision", ""), "COMMENT")
        path = f"repos/{repository[0]}/{repository[1]}/pulls/{int(pr_number)}/reviews"
        fields = ["-f", f"event={event}", "-f", f"body={_comment(review)}"]
        done = _run(["gh", "api", "--method", "POST", path, *fields], _GH_TIMEOUT_S)
        if done.returncode != 0:
            raise OSError(f"gh ended with {done.returncode}: {done.stderr[:200]}")


def _decide(tests: Mapping[str, Any], validation: Mapping[str, Any], complexity: str) -> Tuple[str, str]:
    if tests.get("pass_rate", 0) < _LEAST_PASS_RATE:
        return "request_changes", "Build breaker: tests failing"
    if validation.get("inconclusive"):
        return "flag_steward", f"Baselines cannot be validated: {validation.get('reason')}"
    if not validation.get("passed", False):
        return "request_changes", f"Baseline regression detected: {validation.get('regressions', [])}"
    if complexity == "simple":
        return "approve", "Simple change, tests pass, no regression"
    return "flag_steward", f"Complex change ({complexity}), needs steward review"


def _agents() -> List[Tuple[str, str]]:
    place = baselines.current_place()
    _mirror.import_agents(place)
    found = {(prompt, str(flow)) for prompt, flow in _mirror.agents_in(place)}
    after = None
    while True:
        page = place.client.list_agents(limit=1000, after=after)
        found.update((each["prompt_id"], each["flow_id"]) for each in page["agents"] if each["latest"] > 0)
        after = page.get("next")
        if not after:
            return sorted(found)


def _owner_and_name(repo_url: str) -> Optional[Tuple[str, str]]:
    match = _REPOSITORY.search(str(repo_url).strip())
    return (match.group(1), match.group(2)) if match else None


def _counts(output: str) -> Tuple[int, int]:
    """Of pytest's last summary: tests that passed, and that failed or broke."""
    passed = failed = 0
    for line in output.splitlines():
        found: Dict[str, int] = {}
        for number, word in _COUNT.findall(line):
            found[word] = int(number)
        if found:
            passed = found.get("passed", 0)
            failed = found.get("failed", 0) + found.get("error", 0) + found.get("errors", 0)
    return passed, failed


def _comment(review: Mapping[str, Any]) -> str:
    tests, validation = review.get("test_results", {}), review.get("baseline_validation", {})
    lines = [
        "## Automated PR Review",
        "",
        f"**Decision**: {review.get('decision', 'flag_steward').upper()}",
        f"**Reason**: {review.get('reason', 'N/A')}",
        "",
        "| | |",
        "|---|---|",
        f"| tests | {tests.get('passed', '?')} passed, {tests.get('failed', '?')} failed |",
        f"| baselines | {'passed' if validation.get('passed') else 'not passed'} |",
        f"| complexity | {review.get('change_complexity', '?')} |",
    ]
    regressions = validation.get("regressions", [])
    lines += [f"- {each}" for each in regressions[:_MAX_LISTED]]
    if len(regressions) > _MAX_LISTED:
        lines.append(f"- and {len(regressions) - _MAX_LISTED} more")
    return "\n".join(lines)


def _run(command: List[str], timeout_s: float) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command, capture_output=True, text=True, timeout=timeout_s, check=False)
