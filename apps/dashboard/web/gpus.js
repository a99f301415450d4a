// Who holds which GPU memory, and who waits for what?
import { get } from "./api.js";
import { h, table } from "./dom.js";
import { mebibytes, none, short, state, when } from "./format.js";
import { spanText, timeline } from "./marks.js";
import { fitted, Page } from "./page.js";

const HOURS = { "1 h": 1, "6 h": 6, "24 h": 24 };

const deviceColumns = [
  { title: "GPU", class: "name", cell: (row) => [row.name || short(row.uuid), row.simulated && h("span", { class: "quiet" }, " simulated")] },
  { title: "State", class: "why", cell: (row) => [state(row.state), row.reason && ` ${row.reason}`] },
  { title: "Memory", class: "right tight", cell: (row) => mebibytes(row.vram_mib) },
  { title: "Leased", class: "right tight", cell: (row) => mebibytes(row.leased_mib) },
  { title: "Used", class: "right tight", cell: (row) => mebibytes(row.used_mib) },
  { title: "By others", class: "right tight", cell: (row) => mebibytes(row.foreign_mib) },
  { title: "Free", class: "right tight", cell: (row) => mebibytes(row.free_mib) },
  { title: "Driver", class: "tight", cell: (row) => row.driver || none },
];

const leaseColumns = [
  { title: "Lease", class: "tight", cell: (row) => h("code", row.id) },
  { title: "State", class: "tight", cell: (row) => state(row.state) },
  { title: "Holder", class: "name", cell: (row) => row.holder || none },
  { title: "Memory", class: "right tight", cell: (row) => mebibytes(row.vram_mib || row.vram_wanted_mib) },
  { title: "Since", class: "tight", cell: (row) => when(row.granted_at ?? row.requested_at) },
  { title: "Earliest start", class: "tight", cell: (row) => when(row.promised_at) },
  { title: "Ends at the latest", class: "tight", cell: (row) => when(row.ends_at ?? row.expires_at) },
  { title: "Reason", class: "why", cell: (row) => row.reason || none },
];

const TONES = { active: "good", draining: "warn", revoking: "warn", killing: "bad", releasing: "warn", reserved: "info", ended: "faint" };

function lanesOf({ gpus, leases, history }) {
  const bars = (uuid) => [...history.leases, ...leases.leases].filter((each) => (each.devices ?? []).some((device) => device.uuid === uuid || device.device === uuid) || each.device === uuid).filter((each) => each.granted_at)
    .map((each) => ({ from: Date.parse(each.granted_at), to: each.ended_at ? Date.parse(each.ended_at) : null, open: !each.ended_at, tone: TONES[each.state] ?? "faint", text: `${each.holder || each.id} ${mebibytes(each.vram_mib)}`,
      title: `${each.holder || each.id}: ${mebibytes(each.vram_mib)}, ${spanText(Date.parse(each.granted_at), each.ended_at && Date.parse(each.ended_at))}${each.outcome ? `, ${each.outcome}` : ""}` }));
  return gpus.gpus.flatMap((each) => {
    const all = bars(each.uuid).sort((a, b) => a.from - b.from);
    const lanes = [];
    for (const bar of all) {
      const lane = lanes.find((held) => held.at(-1).to !== null && held.at(-1).to <= bar.from);
      if (lane) lane.push(bar);
      else lanes.push([bar]);
    }
    return (lanes.length ? lanes.slice(0, 12) : [[]]).map((held, place) => ({ name: place ? "" : each.name || short(each.uuid), bars: held }));
  });
}

export default function gpus(main, query) {
  const page = new Page(main, query).heading("GPUs", "Heavy benchmarks lease GPU memory; nobody else is counted on to keep away.");
  const hours = Number(query.get("hours")) || 1;
  const spans = Object.entries(HOURS).map(([text, value]) => h("button", { type: "button", "aria-pressed": String(value === hours), onclick: () => (location.hash = `#/gpus?hours=${value}`) }, text));
  const kinds = ["lease", "gpu"];
  page.panel({ title: "Leases in time", kinds, every: 15, tools: spans,
    load: async (signal) => {
      const [gpus, leases, history] = await Promise.all([get("gpus", {}, signal), get("gpus/leases", {}, signal), get("gpus/history", { limit: 500 }, signal)]);
      return { gpus, leases, history };
    },
    empty: ({ gpus }) => gpus.gpus.length === 0 && { text: `No GPU can be leased: ${gpus.reason || "this machine has none"}.`, command: "hivectl gpu list" },
    show: (answer) => fitted(page, (width) => timeline(lanesOf(answer), { from: Date.now() - hours * 3600000, to: Date.now() + 60000, width, label: `Leases of the last ${hours} h`, mark: Date.now() })) });
  page.panel({ title: "GPUs of this node", flush: true, kinds, every: 15, load: (signal) => get("gpus", {}, signal), empty: (answer) => answer.gpus.length === 0 && { text: answer.reason || "This machine has no GPU." },
    show: (answer, shown = table("GPUs", deviceColumns, (row) => row.uuid)) => shown.update(answer.gpus) });
  page.panel({ title: "Held and waiting", flush: true, kinds, every: 15, load: (signal) => get("gpus/leases", {}, signal),
    empty: (answer) => answer.leases.length === 0 && { text: "Nobody holds GPU memory, and nobody waits.", command: "hivectl gpu run --vram 4 -- ./train" },
    show: (answer, shown = table("Leases", leaseColumns, (row) => row.id)) => shown.update(answer.leases.slice(0, 500)), cut: (answer) => answer.leases.length > 500 && [500, answer.leases.length] });
  return page.same("hivectl gpu list", "hivectl gpu leases").start();
}
