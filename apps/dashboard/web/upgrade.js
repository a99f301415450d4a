// What blocks this upgrade?
import { get } from "./api.js";
import { facts, h, table } from "./dom.js";
import { exact, link, none, percent, plural, seconds, short, to, tone, when, word } from "./format.js";
import { Page } from "./page.js";

const TONES = { safe: "good", regressed: "bad", inconclusive: "warn" };

/** What stands in the way, in one sentence. */
function blocks(view) {
  const waiting = view.votes.filter((each) => each.awaited).map((each) => each.name || short(each.node));
  if (view.conflict) return `It is in conflict: ${view.conflict}`;
  if (view.final && view.decision !== "approved") return `It is ${view.decision}: ${view.from} stays.`;
  if (view.final) return view.rollout === "complete" ? `Every member runs ${view.to}.` : `It was approved and is ${view.rollout}.`;
  if (view.stopping) return "It is being stopped.";
  if (view.stage?.held) return `Stage ${view.stage.stage} is held: ${view.stage.reason}`;
  if (view.decision === "approved" && view.stage?.stage)
    return `Stage ${view.stage.stage} is being watched: ${seconds(view.stage.observed_s ?? 0)} of ${seconds(view.stage.duration_s)}${waiting.length ? `; ${waiting.join(", ")} will vote on it` : ""}.`;
  if (waiting.length) return `The votes of ${waiting.join(", ")} are awaited.`;
  return view.reason || "The members are asked.";
}

function vote(each, isDecided) {
  const verdict = each.voted ? each.verdict : each.awaited ? "awaited" : isDecided ? "decided without its vote" : "no vote yet";
  return h("div", { class: `vote ${each.voted ? TONES[each.verdict] : ""}` }, h("b", link(to.node(each.node), each.name || short(each.node))), word(verdict, each.voted ? TONES[each.verdict] : "quiet"),
    each.lying && h("span", { class: "bad" }, " contradicts itself"), each.quarantined && h("span", { class: "bad" }, " quarantined"),
    each.reasons?.slice(0, 3).map((why) => h("div", { class: "why" }, (why.metric ? `${why.metric}: ${why.text}` : why.text))));
}

/** The decision and then each stage, left to right. */
function stages(view) {
  const at = view.stage?.stage ?? 0;
  const has = (kind) => view.steps?.some((each) => each.kind === kind);
  const decision = h("div", { class: `stage ${["announced", "pending", "held"].includes(view.decision) ? "now" : ""}` }, h("h3", "Decision", word(view.decision, tone(view.decision))), h("div", { class: "quiet" }, `policy ${view.policy}, judged by ${view.judge}`),
    h("div", { class: "quiet" }, view.decided_at ? ["decided ", when(view.decided_at)] : "open"));
  const boxes = (view.stages ?? []).map((each, place) => {
    const number = place + 1;
    const isNow = view.decision === "approved" && !view.final && at === number;
    const runs = (view.runs ?? []).filter((run) => run.action === "deploy");
    return h("div", { class: `stage ${isNow ? "now" : ""}` }, h("h3", `Stage ${number}`, isNow ? word(view.stage.verdict ?? "watched", TONES[view.stage.verdict] ?? "info") : at > number || has("complete") ? word("passed", "good") : word("to come", "quiet")),
      h("div", { class: "quiet" }, `${percent(each.share, 0)} of the members, watched for ${seconds(each.duration_s)}${each.deadline_s ? `, held after ${seconds(each.deadline_s)}` : ""}`),
      isNow && h("div", `${seconds(view.stage.observed_s)} seen`), isNow && view.stage.canaries?.length > 0 && h("div", { class: "quiet" }, `canaries: ${view.stage.canaries.map(short).join(", ")}`), isNow && runs.length > 0 && h("div", { class: "quiet" }, plural(runs.length, "deploy hook")));
  });
  const end = has("back") ? ["rolled back", "warn"] : has("complete") ? ["complete", "good"] : ["to come", "quiet"];
  const all = h("div", { class: "stage" }, h("h3", "All members", word(...end)), h("div", { class: "quiet" }, view.rollout || none));
  return h("div", { class: "stages", tabindex: "0", role: "region", "aria-label": "Stages" }, decision, view.decision === "rejected" ? null : [boxes, all]);
}

const runColumns = [
  { title: "Node", class: "name", cell: (row) => row.name || short(row.node) },
  { title: "Hook", class: "tight", cell: (row) => row.action },
  { title: "Step", class: "tight", cell: (row) => row.step },
  { title: "Exit status", class: "right tight", cell: (row) => (row.step === "ended" ? h("span", { class: row.exit_status ? "bad" : "" }, String(row.exit_status ?? 0)) : none) },
];

const stepColumns = [
  { title: "Position", class: "right tight", cell: (row) => String(row.position) },
  { title: "Sealed", class: "tight", cell: (row) => `${row.kind}${row.stage ? ` ${row.stage}` : ""}` },
  { title: "Learned", class: "tight", cell: (row) => when(row.learned_at) },
  { title: "Hash", class: "name", cell: (row) => h("code", row.hash) },
];

function show(view) {
  const rows = view.votes ?? [];
  return h("div",
    h("div", { class: `verdict ${tone(view.decision)}` }, h("b", blocks({ ...view, votes: rows })), h("small", view.reason)),
    h("h3", "Stages"), stages(view),
    h("h3", `Votes: ${rows.filter((each) => each.voted).length} of ${plural(rows.length, "member")}`), h("div", { class: "votes" }, rows.map((each) => vote(each, !["announced", "pending", "held"].includes(view.decision)))),
    view.stage?.criteria?.length > 0 && [h("h3", "What the stage is judged by"), h("ul", { class: "plain" }, view.stage.criteria.map((each) => h("li", `${each.name ?? each.criterion ?? ""}: ${each.text ?? each.reason ?? each.verdict ?? ""}`)))],
    view.runs?.length > 0 && [h("h3", "Hooks"), table("Hooks", runColumns, (row) => `${row.node} ${row.action}`).update(view.runs)],
    view.steps?.length > 0 && [h("h3", "What the members sealed"), table("Sealed steps", stepColumns, (row) => row.position).update(view.steps)],
    h("h3", "Proposal"), facts([["Id", h("code", view.id)], ["Track", view.track], ["Proposed by", h("code", short(view.proposer))], ["Announced", view.announced_at && exact(view.announced_at)], ["Deadline", view.deadline_s ? seconds(view.deadline_s) : "none"], ["Final", view.final ? "yes" : "no"]]));
}

export default function upgrade(main, query, id) {
  const page = new Page(main, query).heading("Upgrade");
  page.panel({ title: "What blocks it, and how far it is", kinds: ["upgrade", "membership"], every: 5, load: (signal) => get(`upgrades/${encodeURIComponent(id)}`, {}, signal), show: (view) => {
    const title = `${view.from} → ${view.to}`;
    if (page.title.textContent !== title) {
      page.title.textContent = title;
      document.title = `${title} · Hivemark`;
    }
    return show(view);
  } });
  return page.same(`hivectl upgrade show ${id.slice(0, 12)}`).start();
}
