// Which agents got worse?
import { get } from "./api.js";
import { h, table } from "./dom.js";
import { count, link, none, percent, state, to, when, word } from "./format.js";
import { sparkline } from "./marks.js";
import { Page } from "./page.js";

const LIMIT = 1000;

const columns = [
  { title: "Agent", class: "name", cell: (row) => link(to.agent(row.prompt_id, row.flow_id), `${row.prompt_id}/${row.flow_id}`) },
  { title: "State", class: "tight", cell: (row) => (row.state === "regressed" ? word(`regressed, ${row.confirmed ? "confirmed" : "suspected"}`, row.confirmed ? "bad" : "warn") : word(row.state, row.state === "healthy" ? "good" : "quiet")) },
  { title: "Success over its baselines", class: "tight", cell: (row) => sparkline(row.figures?.success ?? [], `Success of ${row.prompt_id}`) || none },
  { title: "Success", class: "right tight", cell: (row) => percent(row.figures?.success_rate) },
  { title: "Trend", class: "tight", cell: (row) => (row.figures ? state(row.figures.trend) : none) },
  { title: "Figures that regressed", class: "right tight", cell: (row) => row.regressions || none },
  { title: "Baselines", class: "right tight", cell: (row) => count(row.latest) },
  { title: "Reference", class: "right tight", cell: (row) => (row.reference ? `${row.reference}${row.pinned ? " pinned" : ""}` : none) },
  { title: "Changed", class: "tight", cell: (row) => when(row.changed_at) },
];

const serious = (row) => (row.state === "regressed" ? (row.confirmed ? 0 : 1) : 2);

export default function agents(main, query) {
  const page = new Page(main, query).heading("Agents", "Each agent is compared with its reference baseline; what got worse is first.");
  const filter = h("input", { type: "search", value: query.get("q") ?? "", placeholder: "filter by name", "aria-label": "Filter by name" });
  const choice = h("select", { "aria-label": "State" }, ["all", "regressed", "healthy"].map((each) => h("option", { value: each, selected: (query.get("state") ?? "all") === each }, each)));
  let all = [];
  const list = table("Agents", columns, (row) => `${row.prompt_id}/${row.flow_id}`);
  const update = () => {
    const wanted = filter.value.trim().toLowerCase();
    return list.update(all.filter((row) => `${row.prompt_id}/${row.flow_id}`.toLowerCase().includes(wanted)).sort((a, b) => serious(a) - serious(b)));
  };
  filter.addEventListener("input", () => {
    page.setQuery({ q: filter.value });
    update();
  });
  const panel = page.panel({
    title: "Agents of this node", flush: true, kinds: ["agent"], every: 30, tools: [choice, filter],
    load: (signal) => get("agents", { limit: LIMIT, figures: true, state: page.query.get("state") }, signal),
    empty: (answer) => answer.agents.length === 0 && (answer.known > 0
      ? { text: `None of the ${count(answer.known)} agents is ${page.query.get("state")}.` }
      : { text: "No agent is known yet. An engine that sends runs or captures a baseline makes one known; OpenTelemetry exporters can send them as they are.", command: "hivectl agent capture PROMPT/FLOW --trigger creation" }),
    show: (answer) => {
      all = answer.agents;
      return update();
    },
    cut: (answer) => answer.next && [answer.agents.length, answer.known],
  });
  choice.addEventListener("change", () => {
    page.setQuery({ state: choice.value === "all" ? null : choice.value });
    panel.refresh();
  });
  return page.same("hivectl agent list", "hivectl agent list --state regressed").start();
}
