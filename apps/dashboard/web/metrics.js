// Which metrics moved?
import { get } from "./api.js";
import { h, table } from "./dom.js";
import { change, count, link, none, number, plural, to, when, withUnit, word } from "./format.js";
import { sparkline } from "./marks.js";
import { Page } from "./page.js";

const LIMIT = 1000;

function moved(row) {
  const move = row.change;
  if (!move) return h("span", { class: "quiet" }, "steady");
  const tone = move.kind === "variance" ? (move.worse ? "warn" : "info") : move.worse ? "bad" : "good";
  const text = move.kind === "variance" ? "noise " : move.kind === "drift" ? "drifts " : "";
  return word(`${text}${change(move.change_pct)}`, tone);
}

const columns = [
  { title: "Metric", class: "name", cell: (row) => link(to.metric(row.adapter, row.name), `${row.adapter}.${row.name}`) },
  { title: "Newest values", class: "tight", cell: (row) => sparkline(row.spark ?? [], `Newest values of ${row.name}`) || none },
  { title: "Value", class: "right tight", cell: (row) => withUnit(row.value, row.unit) },
  { title: "Level", class: "right tight", cell: (row) => number(row.level) },
  { title: "Moved", class: "tight", cell: moved },
  { title: "When", class: "tight", cell: (row) => when(row.change?.at) },
  { title: "Better", class: "tight", cell: (row) => h("span", { class: "quiet" }, row.direction) },
  { title: "Version", class: "tight", cell: (row) => row.version },
  { title: "Captures", class: "right tight", cell: (row) => count(row.captures) },
];

export default function metrics(main, query) {
  const onlyMoved = query.get("moved") === "1";
  const page = new Page(main, query).heading("Metrics", "What moved is first, by how sure that is. Noise is no change: what is steady did not move more than its own scatter.");
  const filter = h("input", { type: "search", value: query.get("q") ?? "", placeholder: "filter by name", "aria-label": "Filter by name" });
  const toggle = h("button", { type: "button", "aria-pressed": String(onlyMoved) }, "Only what moved");
  const lead = h("span", { class: "quiet" });
  let all = [];
  const list = table("Metrics", columns, (row) => `${row.adapter}.${row.name}`);
  const update = () => {
    const wanted = filter.value.trim().toLowerCase();
    return list.update(all.filter((row) => `${row.adapter}.${row.name}`.toLowerCase().includes(wanted)));
  };
  filter.addEventListener("input", () => {
    page.setQuery({ q: filter.value });
    update();
  });
  const panel = page.panel({
    title: "Metrics of this node", flush: true, kinds: ["capture"], every: 60, tools: [lead, toggle, filter],
    load: (signal) => get("metrics", { limit: LIMIT, moved: page.query.get("moved") === "1" || undefined }, signal),
    empty: (answer) => answer.metrics.length === 0 && (answer.total
      ? { text: `0 of ${plural(answer.total, "metric")} moved in the last ${30} days.` }
      : { text: "No metric has a history yet. Each capture adds a point to every metric.", command: "hivectl snapshot capture VERSION" }),
    show: (answer) => {
      lead.textContent = `${count(answer.moved)} of ${plural(answer.total, "metric")} moved`;
      all = answer.metrics;
      return update();
    },
    cut: (answer) => answer.next && [answer.metrics.length, page.query.get("moved") === "1" ? answer.moved : answer.total],
  });
  toggle.addEventListener("click", () => {
    const now = page.query.get("moved") !== "1";
    page.setQuery({ moved: now ? "1" : null });
    toggle.setAttribute("aria-pressed", String(now));
    panel.refresh();
  });
  return page.same("hivectl changes", "hivectl snapshot latest").start();
}
