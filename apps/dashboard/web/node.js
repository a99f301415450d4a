// What is wrong with this node?
import { get } from "./api.js";
import { facts, h, table } from "./dom.js";
import { bytes, count, exact, mebibytes, number, percent, plural, seconds, short, state, when, word } from "./format.js";
import { blank } from "./panel.js";
import { Page } from "./page.js";

async function find(id, signal) {
  const { nodes } = await get("hive/nodes", { node: id }, signal);
  return nodes.find((each) => each.id === id || each.name === id) ?? null;
}

function showNode(node) {
  return h("div", facts([
    ["State", h("span", state(node.state), node.reason && ` ${node.reason}`)],
    ["Id", h("code", node.id)],
    ["Door", node.address && h("code", node.address)],
    ["Start", `number ${node.epoch}`],
    ["Software", node.software],
    ["Tier", node.tier],
    ["Labels", node.labels?.join(", ")],
    ["Agrees with this node", node.same_root ? word("yes", "good") : word("not yet", "warn")],
    ["Link", node.self ? "this node itself" : node.linked ? `direct, ${number(node.round_trip_ms)} ms there and back` : "through other nodes"],
    ["Last seen", when(node.last_seen)],
    ["Spawned by engines", count(node.spawned)],
    ["GPU memory", node.gpu_mib && `${mebibytes(node.free_gpu_mib)} of ${mebibytes(node.gpu_mib)} free, ${plural(node.gpu_requests ?? 0, "request")} wait`],
  ]));
}

function problems(status, hive) {
  const out = [];
  if (!status.ready) out.push(h("li", h("b", status.not_ready), " ", h("span", { class: "quiet" }, "see docs/operate/disk-full.md")));
  if (hive.certificate_warning) out.push(h("li", hive.certificate_warning));
  if (hive.clock_warning) out.push(h("li", hive.clock_warning));
  for (const each of hive.quarantined ?? []) out.push(h("li", `${short(each.node)} is quarantined: ${each.reason ?? ""}`));
  return out;
}

function showSelf([status, hive]) {
  const found = problems(status, hive);
  return h("div",
    h("div", { class: `verdict ${found.length ? "warn" : "good"}` }, found.length ? h("ul", { class: "plain" }, found) : "It is ready, and nothing is wrong."),
    h("h3", "Store and links"),
    facts([
      ["Up", seconds(status.health.uptime_s)],
      ["Free on the disk", `${bytes(status.store_free_bytes)}; it needs ${bytes(status.store_min_free_bytes)}`],
      ["Links", `${hive.linked} of ${hive.known - 1} other nodes`],
      ["Agreement", percent(hive.converged, 0)],
      ["Sent and received", `${bytes(hive.sent_bytes)}, ${bytes(hive.received_bytes)}`],
      ["Exchanges", `${count(hive.exchanges)}, of which ${count(hive.failed_exchanges)} failed`],
      ["Refused from others", hive.refused?.map((each) => `${each.reason} ${count(each.count)}`).join(", ")],
      ["Clock beside the hive", `${number(hive.clock_ahead_ms)} ms ahead`],
      ["Certificate until", hive.certificate_expires && exact(hive.certificate_expires)],
      ["CA until", hive.ca_expires && exact(hive.ca_expires)],
    ]));
}

const benchmarkColumns = [
  { title: "Benchmark", class: "name", cell: (row) => row.name },
  { title: "Tier", class: "tight", cell: (row) => row.tier },
  { title: "From", class: "tight", cell: (row) => row.source },
  { title: "State", class: "why", cell: (row) => (row.available ? word("available", "good") : [word("skipped", "quiet"), h("span", { class: "quiet" }, ` ${row.reason}`)]) },
  { title: "Time limit", class: "right tight", cell: (row) => seconds(row.timeout_s) },
];

const captureColumns = [
  { title: "Version", class: "name", cell: (row) => row.version },
  { title: "Captures", class: "right tight", cell: (row) => count(row.captures) },
  { title: "Metrics", class: "right tight", cell: (row) => count(row.metric_count) },
  { title: "Failed adapters", class: "right tight", cell: (row) => (row.adapter_errors ? h("span", { class: "bad" }, count(row.adapter_errors)) : "0") },
  { title: "Captured", class: "tight", cell: (row) => when(row.captured_at) },
];

const backupColumns = [
  { title: "Backup", class: "name", cell: (row) => row.number },
  { title: "Made", class: "tight", cell: (row) => when(row.created_at) },
  { title: "State", class: "why", cell: (row) => (row.problem ? word(row.problem, "bad") : row.verified_at ? [word("verified", "good"), " ", when(row.verified_at)] : word("not read since", "quiet")) },
  { title: "Size", class: "right tight", cell: (row) => bytes(row.bytes) },
  { title: "Added", class: "right tight", cell: (row) => bytes(row.new_bytes) },
  { title: "Records", class: "right tight", cell: (row) => count(row.records) },
];

function showBackups(answer) {
  const list = table("Backups", backupColumns, (row) => row.number).update(answer.backups ?? []);
  const last = answer.last_error && h("p", { class: "lead" }, word(`The newest attempt failed: ${answer.last_error}`, "bad"));
  return h("div", last, list);
}

/** Why there is nothing to show of the backups. */
function noBackups({ directory, count: many, last_error: error }) {
  if (!directory) return { text: "No directory for backups is configured: what is recorded here exists on this disk alone.", command: "hivectl backup create --to DIR" };
  return !many && !error && { text: `There is no backup in ${directory} yet.`, command: "hivectl backup create" };
}

export default function node(main, query, id) {
  const page = new Page(main, query).heading(`Node ${id.length === 32 ? short(id) : id}`);
  const self = page.split();
  page.panel({
    title: "What the hive knows of it", kinds: ["membership"], every: 10, load: (signal) => find(id, signal),
    empty: (found) => !found && { text: `No node of the hive has the id or name ${id}.`, command: "hivectl node list" },
    show: (found) => {
      page.title.textContent = `Node ${found.name || short(found.id)}`;
      if (found.self && !page.isSelf) {
        page.isSelf = true;
        addOwn(page, self);
      } else if (!found.self && !page.toldOther) {
        page.toldOther = true;
        page.add(blank({ text: "Its store, certificate and benchmarks are shown by its own dashboard.", command: `hivectl --url http://${found.name}:7420 dashboard` }));
      }
      return showNode(found);
    },
  }, self);
  return page.same("hivectl node list", "hivectl node status").start();
}

function addOwn(page, self) {
  page.panel({ title: "Health", every: 10, kinds: ["membership"], load: (signal) => Promise.all([get("status", {}, signal), get("hive/status", {}, signal)]), show: showSelf }, self).start();
  page.panel({ title: "Backups", flush: true, every: 60, load: (signal) => get("backups", { limit: 20 }, signal), empty: noBackups, show: showBackups,
    cut: (answer) => answer.count > (answer.backups ?? []).length && [answer.backups.length, answer.count] }).start();
  page.panel({ title: "Benchmarks", flush: true, every: 60, load: (signal) => get("benchmarks", {}, signal),
    show: ({ benchmarks }, shown = table("Benchmarks", benchmarkColumns, (row) => row.name)) => shown.update(benchmarks) }).start();
  page.panel({ title: "Newest captures", flush: true, every: 60, kinds: ["capture"], load: (signal) => get("snapshots", { limit: 50 }, signal),
    empty: ({ snapshots }) => snapshots.length === 0 && { text: "No version was captured on this node.", command: "hivectl snapshot capture VERSION" },
    show: ({ snapshots }, shown = table("Captures", captureColumns, (row) => row.version)) => shown.update(snapshots) }).start();
}
