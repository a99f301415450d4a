// When did the metric change, and is it worse now?
import { get } from "./api.js";
import { h, table } from "./dom.js";
import { change, link, none, number, plural, to, when, withUnit, word } from "./format.js";
import { HistoryChart } from "./history_chart.js";
import { Page } from "./page.js";

const POINTS = 1000;
const SPANS = { "24 h": 1, "7 days": 7, "30 days": 30, "a year": 365, all: 0 };

const changeColumns = [
  { title: "Change", class: "tight", cell: (row) => word(`${row.kind === "step" ? "" : `${row.kind} `}${change(row.change_pct)}`, row.worse ? "bad" : "good") },
  { title: "When", class: "tight", cell: (row) => when(row.at) },
  { title: "Before", class: "right tight", cell: (row) => withUnit(row.before, row.unit) },
  { title: "After", class: "right tight", cell: (row) => withUnit(row.after, row.unit) },
  { title: "Versions", class: "tight", cell: (row) => (row.previous_version === row.version ? row.version : link(to.compare(row.previous_version, row.version), `${row.previous_version} → ${row.version}`)) },
  { title: "p", class: "right tight", cell: (row) => number(row.p) },
  { title: "Likely causes", class: "why", cell: (row) => (row.suspects?.length ? row.suspects.join(", ") : row.kind === "drift" ? none : "within one version: the machine, or what is measured") },
];

function sentence(history) {
  const last = history.changes?.at(-1);
  const { current, unit } = history;
  if (!current) return h("div", { class: "verdict warn" }, "No value of it counts.");
  const lies = `It lies at ${withUnit(current.level, unit)} ± ${number(current.deviation)} since ${current.version}, for ${plural(current.values, "capture")}. `;
  const better = `${history.direction === "higher" ? "Higher" : "Lower"} is better.`;
  if (!last) return h("div", { class: "verdict good" }, h("b", "It has not changed. "), h("small", lies + better));
  return h("div", { class: `verdict ${last.worse ? "bad" : "good"}` }, h("b", `It ${last.worse ? "became worse" : "became better"} by ${change(Math.abs(last.change_pct))} with ${last.version}, `, when(last.at), "."), h("small", lies + better));
}

export default function metric(main, query, adapter, name) {
  const page = new Page(main, query).heading(`${adapter}.${name}`);
  const spans = Object.entries(SPANS).map(([text, days]) => h("button", { type: "button", onclick: () => setSpan(days) }, text));
  const log = h("button", { type: "button", "aria-pressed": String(query.get("log") === "1") }, "Log scale");
  const chart = new HistoryChart(page, { log: query.get("log") === "1", onWindow: (from, to) => {
    page.setQuery({ from, to });
    panel.refresh();
  } });
  const panel = page.panel({
    title: "History", kinds: ["capture"], every: 60, tools: [spans, log],
    load: (signal) => get(`metrics/${encodeURIComponent(adapter)}/${encodeURIComponent(name)}/history`, { points: POINTS, from: page.query.get("from"), to: page.query.get("to") }, signal),
    empty: (answer) => !answer.points?.length && !answer.buckets && { text: "It has no capture in this time." },
    show: (answer) => {
      verdict.replaceChildren(sentence(answer));
      changes.update([...(answer.changes ?? [])].reverse());
      holder.hidden = !answer.changes?.length;
      limits.replaceChildren(...(answer.thresholds ?? []).map((each) => h("li", `Policy ${each.policy} refuses ${answer.direction === "higher" ? "less" : "more"} than ${withUnit(each.value, answer.unit)}: ${each.why}.`)));
      return chart.show(answer);
    },
  });
  const verdict = h("div");
  panel.element.before(verdict);
  log.addEventListener("click", () => {
    const now = page.query.get("log") !== "1";
    page.setQuery({ log: now ? "1" : null });
    log.setAttribute("aria-pressed", String(now));
    chart.setLog(now);
  });
  function setSpan(days) {
    page.setQuery({ from: days ? new Date(Date.now() - days * 86400000).toISOString() : null, to: null });
    panel.refresh();
  }
  const changes = table("Changes, newest first", changeColumns, (row) => `${row.capture_id} ${row.kind}`);
  const holder = h("section", { class: "panel", hidden: true }, h("div", { class: "head" }, h("h2", "What changed")), changes);
  const limits = h("ul", { class: "plain quiet" });
  return page.add(holder, limits).same(`hivectl snapshot history ${adapter}.${name}`).start();
}
