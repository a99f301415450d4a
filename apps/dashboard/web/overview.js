// Is the hive well, and what needs me?
import { get } from "./api.js";
import { h, table } from "./dom.js";
import { change, link, number, plural, short, state, to, tone, when, withUnit, word } from "./format.js";
import { Page } from "./page.js";

const rollout = (upgrade) => (upgrade.rollout && upgrade.rollout !== "none" ? ` (${upgrade.rollout})` : "");
/** This node first, then by name. */
const inOrder = (nodes) => [...nodes].sort((a, b) => Number(b.self) - Number(a.self) || (a.name || a.id).localeCompare(b.name || b.id, "en", { numeric: true }));

/** An answer, or what is shown when one of several questions fails: the others are answered all the same. */
const maybe = (promise) => promise.catch((failure) => {
  if (failure.name === "AbortError" || failure.isForbidden) throw failure;
  return { failure };
});

function hiveNeeds({ status, hive, nodes }) {
  const needs = [];
  if (!status.ready) needs.push(["bad", "This node is not ready: ", status.not_ready]);
  for (const each of nodes.nodes ?? [])
    if (each.state !== "active") needs.push([tone(each.state), link(to.node(each.id), each.name), ` is ${each.state}${each.reason ? `: ${each.reason}` : ""}`]);
  if (hive.certificate_warning) needs.push(["warn", hive.certificate_warning]);
  if (hive.clock_warning) needs.push(["warn", hive.clock_warning]);
  for (const each of hive.clocks_off ?? []) needs.push(["warn", `The clock of ${short(each.node)} is off by ${number(each.ahead_ms ?? 0)} ms`]);
  if (nodes.nodes?.length > 1 && hive.converged < 1) needs.push(["warn", `Nodes agree to ${number(100 * hive.converged)}%: something is still on its way, or a link is broken`]);
  return needs;
}

function workNeeds({ upgrades, agents, metrics, gpus }) {
  const needs = [];
  for (const each of upgrades.upgrades ?? [])
    if (!each.final && ["held", "pending", "announced"].includes(each.decision))
      needs.push([each.decision === "held" ? "warn" : "info", "The upgrade ", link(to.upgrade(each.id), `${each.from} → ${each.to}`), ` is ${each.decision}: ${each.reason || "votes are awaited"}`]);
    else if (each.conflict) needs.push(["bad", "The upgrade ", link(to.upgrade(each.id), `${each.from} → ${each.to}`), ` is in conflict: ${each.conflict}`]);
  for (const each of agents.agents ?? [])
    needs.push([each.confirmed ? "bad" : "warn", "Agent ", link(to.agent(each.prompt_id, each.flow_id), `${each.prompt_id}/${each.flow_id}`), ` regressed (${each.confirmed ? "confirmed" : "suspected"}, ${plural(each.regressions ?? 1, "figure")})`]);
  for (const each of metrics.metrics ?? [])
    if (each.change?.worse && each.change.kind !== "variance") needs.push(["bad", link(to.metric(each.adapter, each.name), `${each.adapter}.${each.name}`), ` became worse by ${change(Math.abs(each.change.change_pct))} with ${each.change.version || "no version"}`]);
  for (const each of gpus.gpus ?? [])
    if (each.state !== "ok") needs.push([tone(each.state), "GPU ", link("#/gpus", each.name || short(each.uuid)), ` is ${each.state}${each.reason ? `: ${each.reason}` : ""}`]);
  return needs;
}

function sentence({ status, nodes, upgrades, metrics }, needs) {
  const all = nodes.nodes ?? [];
  const active = all.filter((each) => each.state === "active").length;
  const bad = needs.some(([tone]) => tone === "bad");
  const newest = upgrades.upgrades?.[0];
  const parts = [
    all.length === 1 ? "One node, on its own." : `${active} of ${all.length} nodes are active.`,
    metrics.total ? `${metrics.moved} of ${plural(metrics.total, "metric")} moved in the last 30 days.` : "",
    newest ? `The newest upgrade, ${newest.from} → ${newest.to}, is ${newest.decision}${rollout(newest)}.` : "",
  ];
  const serious = needs.length === 0 ? "good" : bad ? "bad" : "warn";
  const head = !status.ready ? "This node needs help." : needs.length === 0 ? "All is well." : `${plural(needs.length, "thing")} ${needs.length === 1 ? "needs" : "need"} a look.`;
  return h("div", { class: `verdict ${serious}`, role: "status" }, h("b", head), h("small", parts.filter(Boolean).join(" ")));
}

async function ask(signal) {
  const [status, hive, nodes, upgrades, agents, metrics, gpus] = await Promise.all([
    get("status", {}, signal), ...[["hive/status"], ["hive/nodes"], ["upgrades", { limit: 5 }], ["agents", { state: "regressed", limit: 20 }], ["metrics", { moved: true, limit: 20 }], ["gpus"]]
      .map(([path, query]) => maybe(get(path, query, signal))),
  ]);
  return { status, hive, nodes, upgrades, agents, metrics, gpus };
}

function show(answer) {
  const failed = Object.entries(answer).filter(([, each]) => each.failure);
  const needs = [...hiveNeeds(answer), ...workNeeds(answer), ...failed.map(([name, each]) => ["warn", `No answer about ${name}: ${each.failure.detail}`])];
  const list = needs.slice(0, 40).map(([color, ...content]) => h("li", h("span", { class: `dot ${color}` }), h("span", content)));
  return h("div", sentence(answer, needs), list.length > 0 && h("ul", { class: "needs" }, list), needs.length > 40 && h("div", { class: "note" }, `40 of ${needs.length} are shown.`));
}

const columns = [
  { title: "Node", class: "name", cell: (row) => [link(to.node(row.id), row.name || short(row.id)), row.self && h("span", { class: "quiet" }, " this one")] },
  { title: "State", class: "tight", cell: (row) => state(row.state) },
  { title: "Agrees", class: "tight", cell: (row) => (row.same_root ? word("same state", "good") : word("differs", "warn")) },
  { title: "Link", class: "tight right", cell: (row) => (row.self ? "–" : row.linked ? `${number(row.round_trip_ms)} ms` : "through others") },
  { title: "Software", class: "tight", cell: (row) => row.software || "–" },
  { title: "Tier", class: "tight", cell: (row) => row.tier },
  { title: "GPUs", class: "tight right", cell: (row) => row.gpus?.length || "–" },
  { title: "Spawned", class: "tight right", cell: (row) => row.spawned || "–" },
  { title: "Last seen", class: "tight", cell: (row) => when(row.last_seen) },
];

const resultColumns = [
  { title: "Metric", class: "name", cell: ([name]) => link(to.metric(name.includes(".") ? name.slice(0, name.indexOf(".")) : "-", name.slice(name.indexOf(".") + 1)), name) },
  { title: "Value", class: "right tight", cell: ([, each]) => withUnit(each.value, each.unit) },
  { title: "Better", class: "tight", cell: ([, each]) => each.direction },
  { title: "Version", class: "tight", cell: ([, each]) => each.version },
  { title: "Captured", class: "tight", cell: ([, each]) => when(each.captured_at) },
];

export default function overview(main, query) {
  const page = new Page(main, query).heading("Overview");
  page.panel({ load: ask, show, kinds: ["membership", "upgrade", "agent", "capture", "gpu", "verdict"], every: 10, flush: true });
  page.panel({
    title: "Nodes", flush: true, every: 10, kinds: ["membership"],
    load: (signal) => get("hive/nodes", {}, signal),
    show: ({ nodes }, shown = table("Nodes of the hive", columns, (row) => row.id)) => shown.update(inOrder(nodes)),
  });
  page.panel({
    title: "Newest results of this node", flush: true, kinds: ["capture"], every: 60,
    load: (signal) => get("results/latest", {}, signal),
    empty: ({ results }) => Object.keys(results ?? {}).length === 0 && { text: "Nothing was measured yet. A capture measures a version with every benchmark of its tier.", command: "hivectl snapshot capture VERSION" },
    show: ({ results }, shown = table("Newest results", resultColumns, ([name]) => name)) => shown.update(Object.entries(results).slice(0, 200)),
    cut: ({ results }) => Object.keys(results).length > 200 && [200, Object.keys(results).length],
  });
  return page.same("hivectl status", "hivectl node list", "hivectl snapshot latest").start();
}
