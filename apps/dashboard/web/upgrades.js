// What does the hive decide on upgrades?
import { get } from "./api.js";
import { h, table } from "./dom.js";
import { count, link, none, plural, short, state, to, tone, when, word } from "./format.js";
import { Page } from "./page.js";

const columns = [
  { title: "Upgrade", class: "name", cell: (row) => link(to.upgrade(row.id), `${row.from} → ${row.to}`) },
  { title: "Track", class: "tight", cell: (row) => row.track },
  { title: "Decision", class: "tight", cell: (row) => word(row.decision, tone(row.decision)) },
  { title: "Rollout", class: "tight", cell: (row) => (row.rollout && row.rollout !== "none" ? row.rollout : none) },
  { title: "Votes", class: "right tight", cell: (row) => `${row.votes?.filter((each) => each.voted).length ?? 0} of ${row.votes?.length ?? 0}` },
  { title: "Why", class: "why", cell: (row) => row.reason || none },
  { title: "Announced", class: "tight", cell: (row) => when(row.announced_at) },
];

const memberColumns = [
  { title: "Member", class: "name", cell: (row) => link(to.node(row.node), row.name || short(row.node)) },
  { title: "State", class: "tight", cell: (row) => state(row.state) },
  { title: "Takes part", class: "tight", cell: (row) => (row.admitted ? word("yes", "good") : word("not admitted", "warn")) },
  { title: "Weight", class: "right tight", cell: (row) => count(row.weight) },
  { title: "Tier", class: "tight", cell: (row) => row.tier },
  { title: "Version in use", class: "tight", cell: (row) => row.version || none },
];

export default function upgrades(main, query) {
  const page = new Page(main, query).heading("Upgrades", "The members of a track decide together whether a version may replace another, and roll it out in stages.");
  const kinds = ["upgrade", "membership"];
  page.panel({ title: "Proposals, the newest first", flush: true, kinds, every: 10, load: (signal) => get("upgrades", { limit: 200 }, signal),
    empty: (answer) => answer.upgrades.length === 0 && { text: "No upgrade was proposed to the hive yet.", command: "hivectl upgrade propose OLD NEW --wait" },
    show: (answer, shown = table("Proposals", columns, (row) => row.id)) => shown.update(answer.upgrades), cut: (answer) => answer.next && [answer.upgrades.length, "more"] });
  page.panel({ title: "Tracks and their members", kinds, every: 15, load: (signal) => get("upgrades/members", {}, signal),
    empty: (answer) => answer.tracks.length === 0 && { text: "This node is a member of no track. [upgrade] members in the configuration names those of a hive.", command: "hivectl upgrade members" },
    show: (answer) => h("div", answer.tracks.map((track) => h("div", h("h3", `${track.track}: generation ${track.generation}, a quorum is ${track.quorum} of ${plural(track.members.length, "member")}`), track.conflict && h("div", { class: "verdict bad" }, track.conflict), table(`Members of ${track.track}`, memberColumns, (row) => row.node).update(track.members)))) });
  return page.same("hivectl upgrade list", "hivectl upgrade members").start();
}
