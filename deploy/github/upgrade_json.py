"""The JSON of upgrade.sh: what is asked, what an answer means, and how it is told in GitHub Actions.

Texts of nodes are untrusted: none may become a workflow command or markup.
"""

import html
import json
import os
import re
import sys

APPROVED, REJECTED, INCONCLUSIVE, PENDING, REFUSED, BROKEN = 0, 1, 2, 3, 65, 70
MAX_ANSWER_BYTES = 16 << 20
ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def variable(name, default=""):
    return os.environ.get("HIVEMARK_" + name) or default


def request():
    """The proposal that the variables describe."""
    body = {"from": variable("FROM"), "to": variable("TO"), "track": variable("TRACK", "main")}
    for name, value in body.items():
        if not ID.fullmatch(value):
            raise ValueError(f"'{name}' must be a name of letters, digits, dots, dashes and underscores, not {value!r}")
    for name in ("policy", "judge"):
        if variable(name.upper()):
            body[name] = variable(name.upper())
    if variable("DEADLINE_S"):
        body["deadline_s"] = int(variable("DEADLINE_S"))
    if variable("MEASURE") == "true":
        body["measure"] = True
    return body


def one_line(text, most=400):
    """Printable text without what a runner would take for a command."""
    text = "".join(c if c.isprintable() else " " for c in str(text))
    return text.replace("##[", "## [").replace("::", ": :")[:most]


def markdown(text):
    return re.sub(r"([\\`*_{}\[\]()#+!|~-])", r"\\\1", html.escape(one_line(text)))


def annotate(level, text):
    escaped = text.strip().replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    print(f"::{level} title=Hivemark::{escaped}")


def outcome(upgrade):
    """The exit status for a proposal as it is now. Only what is known to be approved is a pass."""
    decision, rollout = upgrade["decision"], upgrade.get("rollout", "none")
    through = variable("THROUGH_ROLLOUT") == "true"
    if upgrade.get("conflict"):  # members lie: two decisions are sealed
        return INCONCLUSIVE
    if decision == "approved" and rollout == "rolled back":
        return REJECTED
    if decision == "approved" and rollout == "rolling back":
        return PENDING if through and not upgrade.get("final") else REJECTED
    if decision == "approved" and (not through or rollout == "complete"):
        return APPROVED
    if decision in ("rejected", "aborted", "refused"):
        return {"rejected": REJECTED, "aborted": INCONCLUSIVE, "refused": REFUSED}[decision]
    if decision == "held" or upgrade.get("final"):
        return INCONCLUSIVE
    if decision in ("announced", "queued", "pending", "approved"):
        return PENDING
    raise ValueError(f"unknown decision {decision!r}")


def name_of(member):
    return member.get("name") or member["node"][:12]


def has_vote(member):
    """Also one on the version while that on a stage of its rollout is awaited."""
    return bool(member.get("voted") or member.get("attempt"))


def vote_of(member):
    if not has_vote(member):
        return "awaited" if member.get("awaited") else "-"
    return member["verdict"] + (f" in stage {member['stage']}" if member.get("stage") else "")


def reason_of(member):
    reasons = member.get("reasons") or [{}]
    return ": ".join(part for part in (reasons[0].get("metric"), reasons[0].get("text")) if part)


def state_of(upgrade):
    rollout = upgrade.get("rollout", "none")
    return upgrade["decision"] + ("" if rollout in ("", "none") else f", rollout {rollout}")


def news(upgrade):
    """Lines about a proposal, each of which is told once."""
    for member in upgrade.get("votes", []):
        if has_vote(member):
            reason = reason_of(member)
            yield f"{name_of(member)} votes {vote_of(member)}" + (f": {reason}" if reason else "")
    yield f"state: {state_of(upgrade)}"


def tell_news(upgrade, told_file):
    told = []
    if os.path.exists(told_file):
        with open(told_file, encoding="utf-8") as file:
            told = json.load(file)
    for line in news(upgrade):
        if line not in told:
            print("upgrade: " + one_line(line), flush=True)
            told.append(line)
    with open(told_file, "w", encoding="utf-8") as file:
        json.dump(told[-1000:], file)


def summary(upgrade, late):
    lines = [
        f"### Hivemark: {markdown(upgrade.get('from', ''))} → {markdown(upgrade.get('to', ''))} is"
        f" **{markdown(state_of(upgrade))}**",
        "",
    ]
    lines += [markdown(text) + "\n" for text in (upgrade.get("reason"), late, upgrade.get("conflict")) if text]
    lines += ["| member | vote | reason |", "| --- | --- | --- |"]
    for member in upgrade.get("votes", []):
        lines.append("| " + " | ".join(markdown(each) for each in (name_of(member), vote_of(member), reason_of(member))) + " |")
    lines += ["", f"Proposal `{one_line(upgrade['id'])}`" + (f", decision hash `{one_line(upgrade['hash'])}`" if upgrade.get("hash") else "")]
    return "\n".join(lines) + "\n"


def append(variable_name, text):
    if os.environ.get(variable_name):
        with open(os.environ[variable_name], "a", encoding="utf-8") as file:
            file.write(text)


def report(upgrade, status, late):
    append("GITHUB_OUTPUT", "".join(f"{name}={one_line(upgrade.get(name, ''))}\n" for name in ("decision", "rollout", "hash")))
    append("GITHUB_STEP_SUMMARY", summary(upgrade, late))
    reason = upgrade.get("conflict") or late or upgrade.get("reason") or ""
    text = one_line(f"{upgrade.get('from')} → {upgrade.get('to')} is {state_of(upgrade)}" + (f": {reason}" if reason else ""))
    annotate("notice" if status == APPROVED else "error" if status == REJECTED else "warning", text)


def problem(text):
    """What a node says about a request that it refuses."""
    try:
        content = json.loads(text)
        return one_line(content.get("detail") or content["title"])
    except (ValueError, KeyError, AttributeError):
        return "it was answered without a reason: is this a Hivemark node?"


def read_upgrade():
    upgrade = json.loads(sys.stdin.read(MAX_ANSWER_BYTES))
    if not isinstance(upgrade, dict) or not ID.fullmatch(str(upgrade.get("id"))) or "decision" not in upgrade:
        raise ValueError("this is no proposal")
    return upgrade


def main(what, *arguments):
    if what == "request":
        print(json.dumps(request()))
    elif what == "id":
        print(read_upgrade()["id"])
    elif what == "problem":
        print(problem(sys.stdin.read(MAX_ANSWER_BYTES)))
    elif what == "annotate":
        annotate(arguments[0], one_line(sys.stdin.read(MAX_ANSWER_BYTES)))
    elif what == "outcome":
        upgrade = read_upgrade()
        tell_news(upgrade, arguments[0])
        return outcome(upgrade)
    elif what == "report":
        report(read_upgrade(), int(arguments[0]), arguments[1])
    else:
        raise ValueError(f"unknown command {what}")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(*sys.argv[1:]))
    except Exception as error:  # pylint: disable=broad-exception-caught  # no failure may look like a verdict
        print(f"upgrade_json: {one_line(error)}", file=sys.stderr)
        sys.exit(BROKEN)
