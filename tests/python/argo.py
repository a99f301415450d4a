"""What Argo Rollouts does with an AnalysisTemplate that has a `web` metric, as far as deploy/argo uses it: asks, takes
the JSON path, evaluates the conditions, and counts measurements."""

import ast
import json
import re
import urllib.request
from pathlib import Path

TEMPLATE = Path(__file__).resolve().parents[2] / "deploy/argo/hivemark-upgrade.yaml"


def metric_of(template, arguments):
    """The only metric of a parsed template, with the arguments in place."""
    text = json.dumps(template["spec"]["metrics"])
    for name, value in arguments.items():
        text = text.replace("{{args." + name + "}}", json.dumps(value)[1:-1])
    if "{{" in text:
        raise ValueError(f"an argument is missing in {text}")
    (metric,) = json.loads(text)
    return metric


def ask_as_argo(metric):
    """One measurement: "Successful", "Failed", "Inconclusive" or "Error"."""
    web = metric["provider"]["web"]
    request = urllib.request.Request(web["url"], headers={each["key"]: each["value"] for each in web["headers"]})
    try:
        with urllib.request.urlopen(request, timeout=web["timeoutSeconds"]) as answer:
            result = value_at(web["jsonPath"], json.load(answer))
        passes, fails = (holds(metric[name], result) for name in ("successCondition", "failureCondition"))
    except (OSError, ValueError, KeyError):
        return "Error"
    if fails:
        return "Failed"
    return "Successful" if passes else "Inconclusive"


def value_at(path, document):
    """A JSON path of the form {$.a.b}; {$} is the whole document. KeyError where nothing is."""
    if not path.startswith("{$") or not path.endswith("}"):
        raise ValueError(f"this path is not known here: {path}")
    for name in path[2:-1].split(".")[1:]:
        document = document[name]
    return document


def run_of(metric, measurements):
    """The phase of a run after these measurements: "Running" while it would go on."""
    counts = dict.fromkeys(("Successful", "Failed", "Inconclusive", "Error"), 0)
    errors = successes = 0
    for each in measurements:
        counts[each] += 1
        errors = errors + 1 if each == "Error" else 0
        successes = successes + 1 if each == "Successful" else 0
        if counts["Failed"] > metric.get("failureLimit", 0):
            return "Failed"
        if counts["Inconclusive"] > metric.get("inconclusiveLimit", 0):
            return "Inconclusive"
        if errors > metric.get("consecutiveErrorLimit", 4):
            return "Error"
        if 0 < metric.get("consecutiveSuccessLimit", 0) <= successes:
            return "Successful"
        # Inconclusive measurements count here too, and the limits above are all that speaks against a success.
        if counts["Successful"] + counts["Failed"] + counts["Inconclusive"] >= metric["count"]:
            return "Successful"
    return "Running"


# -- conditions: the part of the expression language that a template may use ------------------------------------------


def holds(condition, result):
    """Evaluates a condition over `result`. ValueError for what is not a truth value, as for a value that is missing."""
    text = condition.replace("&&", " and ").replace("||", " or ").replace("!(", " not (")
    text = re.sub(r"\bnil\b", "None", text)
    found = _value(ast.parse(text.strip(), mode="eval").body, result)
    if not isinstance(found, bool):
        raise ValueError(f"{condition} is {found!r}")
    return found


def _value(node, result):
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Name) and node.id == "result":
        return result
    if isinstance(node, ast.Attribute):  # a member that a map has not is nil
        of = _value(node.value, result)
        if not isinstance(of, dict):
            raise ValueError(f"{of!r} has no members")
        return of.get(node.attr)
    if isinstance(node, ast.List):
        return [_value(each, result) for each in node.elts]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return not _value(node.operand, result)
    if isinstance(node, ast.BoolOp):
        values = (_value(each, result) for each in node.values)
        return all(values) if isinstance(node.op, ast.And) else any(values)
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        left, right = _value(node.left, result), _value(node.comparators[0], result)
        known = {ast.Eq: lambda: left == right, ast.NotEq: lambda: left != right, ast.In: lambda: left in right}
        return known[type(node.ops[0])]()
    raise ValueError(f"this is not known here: {ast.dump(node)}")
