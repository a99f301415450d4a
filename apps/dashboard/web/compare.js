// May NEW replace OLD?
import { get } from "./api.js";
import { h, table } from "./dom.js";
import { change, isNumber, none, plural, withUnit, word } from "./format.js";
import { intervals } from "./marks.js";
import { fitted, Page } from "./page.js";
import { blank } from "./panel.js";

const POLICIES = ["strict", "statistical", "threshold"];
const TONES = { safe: "good", regressed: "bad", inconclusive: "warn" };

const missingColumns = [
  { title: "Metric", class: "name", cell: (row) => row.metric },
  { title: "Why", class: "why", cell: (row) => row.reason ?? (row.in_old ? "only the old version has it" : "only the new version has it") },
];

const judgedColumns = [
  { title: "Metric", class: "name", cell: (row) => `${row.adapter}.${row.metric}` },
  { title: "Decision", class: "tight", cell: (row) => [word(row.decision, TONES[row.decision]), row.advisory && h("span", { class: "quiet" }, " advisory")] },
  { title: "Change", class: "right tight", cell: (row) => effect(row.change, row) },
  { title: "Interval", class: "right tight", cell: (row) => (isNumber(row.low) ? `${effect(row.low, row)} to ${effect(row.high, row)}` : none) },
  { title: "Margin", class: "right tight", cell: (row) => effect(row.margin, row) },
  { title: "Pairs", class: "right tight", cell: (row) => (row.pairs ? `${row.pairs}${row.pairs_needed > row.pairs ? ` of about ${row.pairs_needed}` : ""}` : none) },
  { title: "Why", class: "why", cell: (row) => row.reason },
];

const changedColumns = [
  { title: "Metric", class: "name", cell: (row) => row.metric },
  { title: "Change", class: "right tight", cell: (row) => word(change(row.change_pct), row.tone) },
  { title: "Old", class: "right tight", cell: (row) => withUnit(row.old ?? row.old_value, row.unit) },
  { title: "New", class: "right tight", cell: (row) => withUnit(row.new ?? row.new_value, row.unit) },
];

/** Judgements are in percent, or in the metric's unit. */
const effect = (value, row) => (isNumber(value) ? (row.absolute ? withUnit(value, row.unit) : change(value)) : none);

function picture(page, check) {
  const rows = (check.judgements ?? []).filter((each) => !each.absolute && (isNumber(each.change) || isNumber(each.low)))
    .map((each) => ({ name: `${each.adapter}.${each.metric}`, low: each.low, high: each.high, value: each.change, margin: each.direction === "higher" ? -each.margin : each.margin, tone: TONES[each.decision], text: effect(each.change, each) }));
  const changed = [...(check.regressions ?? []), ...(check.improvements ?? [])].filter((each) => isNumber(each.change_pct));
  if (rows.length === 0)
    for (const each of changed) rows.push({ name: each.metric, value: each.change_pct, tone: check.regressions.includes(each) ? "bad" : "good", text: change(each.change_pct) });
  if (rows.length === 0) return null;
  rows.sort((a, b) => Math.abs(b.value) - Math.abs(a.value));
  return [fitted(page, (width) => intervals(rows.slice(0, 40), width, `Change of ${plural(rows.length, "metric")} around 0`)),
    rows.length > 40 && h("p", { class: "quiet" }, `40 of ${rows.length} are drawn.`)];
}

function section(title, list) {
  return h("div", h("h3", title), list);
}

function show(page, check) {
  const changed = [...(check.regressions ?? []).map((each) => ({ ...each, tone: "bad" })), ...(check.improvements ?? []).map((each) => ({ ...each, tone: "good" }))];
  return h("div",
    h("div", { class: `verdict ${TONES[check.verdict]}` }, h("b", check.verdict === "safe" ? `${check.new} may replace ${check.old}.` : check.verdict === "regressed" ? `${check.new} must not replace ${check.old}.` : `It cannot be told whether ${check.new} may replace ${check.old}.`),
      h("small", `${check.reason} (policy ${check.policy}; ${plural(check.compared, "metric")} compared)`)),
    section("Effect on each metric; to the right: more", picture(page, check) ?? blank({ text: "No metric differs." })),
    check.judgements?.length > 0 && section("Judgements", table("Judgements", judgedColumns, (row) => `${row.adapter}.${row.metric} ${row.against}`).update(check.judgements)),
    changed.length > 0 && section("Values", table("Values", changedColumns, (row) => row.metric).update(changed)),
    check.missing?.length > 0 && section("Missing on one side", table("Missing", missingColumns, (row) => row.metric).update(check.missing)),
    check.explanation?.length > 0 && section("In words", h("ul", { class: "plain" }, check.explanation.map((each) => h("li", each)))));
}

function chooser(page, versions) {
  const pick = (name, label) => h("label", label, h("select", { name, "aria-label": `${label} version` }, h("option", { value: "" }, "choose"),
    versions.map((each) => h("option", { value: each.version, selected: page.query.get(name) === each.version }, each.version))));
  const policy = h("label", "Policy", h("select", { name: "policy", "aria-label": "Policy" }, POLICIES.map((each) => h("option", { value: each, selected: page.query.get("policy") === each }, each))));
  const form = h("form", { class: "line" }, pick("old", "Old"), pick("new", "New"), policy);
  form.addEventListener("change", () => {
    location.hash = `#/compare?${new URLSearchParams([...new FormData(form)].filter(([, value]) => value))}`;
  });
  return form;
}

export default function compare(main, query) {
  const page = new Page(main, query).heading("Compare", "May the new version replace the old one, by what this node measured?");
  page.panel({ load: (signal) => get("snapshots", { limit: 200 }, signal), every: 0,
    empty: ({ snapshots }) => snapshots.length < 2 && { text: "Two captured versions are needed.", command: "hivectl snapshot capture VERSION" },
    show: ({ snapshots }) => chooser(page, [...snapshots].sort((a, b) => Date.parse(b.captured_at) - Date.parse(a.captured_at))) });
  const [before, after] = [query.get("old"), query.get("new")];
  if (before && after)
    page.panel({ title: `${before} → ${after}`, kinds: ["capture", "verdict"], every: 60, load: (signal) => get("upgrades/check", { old: before, new: after, policy: query.get("policy") }, signal), show: (check) => show(page, check) });
  else page.add(blank({ text: "Choose two versions. The address then is a link to the comparison." }));
  return page.same(`hivectl upgrade check ${before ?? "OLD"} ${after ?? "NEW"}${query.get("policy") ? ` --policy ${query.get("policy")}` : ""}`).start();
}
