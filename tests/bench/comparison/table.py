"""The table: each row with its limit, how far it is reached, and the ratio to the other revision."""

from dataclasses import dataclass, field

from .figures import median, quartiles, ratio, reached

MISSING = "missing"


@dataclass(frozen=True)
class Row:
    """What one line of the table shows."""

    name: str
    unit: str
    better: str = "lower"  # or "higher"
    limit: float | None = None
    limit_over_base: float | None = None  # of the ratio to the other revision, instead of `limit`
    cost_unit: str = ""  # of costs at growing sizes, whose exponent the row is


@dataclass
class Result:
    """What was measured of a row: the values of each side, for growth also the costs of each size, and why a side has
    no values."""

    row: Row
    values: dict[str, list[float]] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    costs: dict[str, dict[int, list[float]]] = field(default_factory=dict)


def number(value):
    """With three digits that count."""
    if value is None:
        return ""
    if value == float("inf"):
        return "∞"
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    if value == 0:
        return "0"
    return f"{value:.{2 if abs(value) >= 1 else 3}f}" if abs(value) < 100 else f"{value:.0f}"


def shown_values(values):
    """Median and quartiles, and the number of runs."""
    if not values:
        return [MISSING, "", ""]
    low, high = quartiles(values)
    spread = f"{number(low)}–{number(high)}" if len(values) > 1 else ""
    return [number(median(values)), spread, str(len(values))]


def shown_limit(result):
    row = result.row
    sign = "≥" if row.better == "higher" else "≤"
    if row.limit_over_base is not None:
        limit, value = row.limit_over_base, ratio(result.values.get("this"), result.values.get("base"))
        shown = f"{sign} {number(limit)} base"
    elif row.limit is not None:
        limit, value = row.limit, median(result.values.get("this"))
        shown = f"{sign} {number(limit)}"
    else:
        return ["", ""]
    share = reached(value, limit, row.better)
    word = "" if share is None else f"{number(share)} {'ok' if share >= 1 else 'SHORT'}"
    return [shown, word]


def cells(result, with_base):
    out = [result.row.name, result.row.unit, *shown_values(result.values.get("this")), *shown_limit(result)]
    if with_base:
        base = result.values.get("base")
        out += shown_values(base)[:2]
        both = ratio(result.values.get("this"), base)
        better = both is not None and (both > 1) == (result.row.better == "higher")
        out.append("" if both is None else f"{number(both)}{' +' if better and both != 1 else ''}")
    return out


def render(results, with_base):
    """The whole table as text, and below it why rows are missing."""
    head = ["", "unit", "this", "quartiles", "runs", "limit", "reached"]
    if with_base:
        head += ["base", "quartiles", "this/base"]
    lines = [head] + [cells(result, with_base) for result in results]
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    text = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in lines]
    text.insert(1, "-" * len(text[0]))
    return "\n".join(text + costs_by_size(results) + reasons(results))


def costs_by_size(results):
    """A line for each row that is about growth, and side: the median cost at each size."""
    lines = [f"{result.row.name}, {result.row.cost_unit}, {side}: "
             + ", ".join(f"{size:,}: {number(median(costs))}" for size, costs in sorted(sizes.items()))
             for result in results for side, sizes in result.costs.items()]
    return ["", "costs by size", *lines] if lines else []


def reasons(results):
    """Why rows are missing: a line for each reason, with the rows."""
    rows = {}
    for result in results:
        for side, why in result.missing.items():
            rows.setdefault(f"{MISSING}, {side}: {' '.join(why.split())}", []).append(result.row.name)
    lines = [f"{reason}: {'; '.join(names)}" for reason, names in rows.items()]
    return ["", *lines] if lines else []
