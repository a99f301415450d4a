// What just happened?
import { h } from "./dom.js";
import { clock, exact, plural, short, tone, word } from "./format.js";
import { base, token } from "./api.js";
import { follow } from "./stream.js";
import { Page } from "./page.js";

const KINDS = ["membership", "capture", "verdict", "agent", "lease", "gpu", "upgrade"];
const MOST = 200;

/** A sentence for an event, and the colour of its kind. */
function tell(event) {
  const what = event[event.kind] ?? {};
  switch (event.kind) {
    case "membership": return [`${what.name || short(what.node)} ${what.change}${what.reason ? `: ${what.reason}` : ""}`, { joined: "good", back: "good", dead: "bad", quarantined: "bad" }[what.change] ?? "warn"];
    case "capture": return [`${what.version}: ${what.step}${what.metrics ? `, ${plural(what.metrics, "metric")}` : ""}${what.adapter_errors ? `, ${plural(what.adapter_errors, "adapter")} failed` : ""}${what.reason ? `: ${what.reason}` : ""}`, what.step === "failed" ? "bad" : "info"];
    case "verdict": return [`${what.old} → ${what.new}: ${what.verdict}; ${what.reason}`, tone(what.verdict)];
    case "agent": return [`${what.prompt_id}/${what.flow_id} ${what.change?.replaceAll("_", " ")}${what.reason ? `: ${what.reason}` : ""}`, what.change === "recovered" || what.change === "accepted" ? "good" : what.confirmed ? "bad" : "warn"];
    case "lease": return [`${what.holder || what.id} ${what.state}${what.reason ? `: ${what.reason}` : ""}`, tone(what.state)];
    case "gpu": return [`${short(what.uuid)} ${what.state}${what.reason ? `: ${what.reason}` : ""}`, tone(what.state)];
    case "upgrade": return [`${short(what.id)} ${what.step}${what.kind && what.step === "decided" ? ` ${what.kind}` : ""}${what.verdict && what.step === "voted" ? ` ${what.verdict}` : ""}${what.reason ? `: ${what.reason}` : ""}`, what.step === "conflict" ? "bad" : tone(what.verdict ?? what.kind)];
    case "missed": return [`${plural(what.count, "older event")} are no longer kept`, "warn"];
    default: return [JSON.stringify(what), "quiet"];
  }
}

/** Adds an event in its place, unless it is there. */
function keep(kept, event) {
  const at = kept.findIndex((each) => Number(each.id) <= Number(event.id));
  if (at >= 0 && Number(kept[at].id) === Number(event.id)) return;
  kept.splice(at < 0 ? kept.length : at, 0, event);
  kept.length = Math.min(kept.length, MOST);
}

export default function events(main, query) {
  const page = new Page(main, query).heading("Events", "What happens on this node and in the hive, newest first. The list pauses while it is scrolled.");
  const feed = h("ol", { class: "feed", tabindex: "0", "aria-label": "Events, newest first" });
  const missed = h("button", { type: "button", hidden: true });
  const choice = h("select", { "aria-label": "Kind" }, ["all", ...KINDS].map((each) => h("option", { value: each, selected: (query.get("kind") ?? "all") === each }, each)));
  const kept = []; // newest first
  let held = 0;
  const wanted = () => kept.filter((each) => choice.value === "all" || each.kind === choice.value || each.kind === "missed");
  const row = (event) => {
    const [text, color] = tell(event);
    return h("li", h("time", { title: exact(event.time) }, clock(event.time)), word(event.kind, color), h("span", text));
  };
  let drawing = 0;
  const draw = () => {
    drawing = 0;
    held = 0;
    missed.hidden = true;
    feed.replaceChildren(...wanted().map(row));
    if (!feed.firstChild) feed.append(h("li", h("span"), h("span"), h("span", { class: "quiet" }, "Nothing happened yet. A capture, an upgrade or a node that comes or goes is shown here at once.")));
  };
  page.add(h("section", { class: "panel" }, h("div", { class: "head" }, h("h2", "Feed"), h("div", { class: "tools" }, missed, choice)), feed));
  missed.addEventListener("click", () => {
    feed.scrollTop = 0;
    draw();
  });
  choice.addEventListener("change", () => {
    page.setQuery({ kind: choice.value === "all" ? null : choice.value });
    draw();
  });
  page.onEnd(follow({ url: new URL("api/v1/events?since=0", base).href, token: token.get() }, (message) => {
    if (message.type !== "event") return;
    keep(kept, message.event);
    if (feed.scrollTop > 4) {
      missed.textContent = `${plural(++held, "newer event")}`;
      missed.hidden = false;
    } else if (!drawing) drawing = requestAnimationFrame(draw);
  }));
  draw();
  return page.same("hivectl events", "hivectl events --kind upgrade").start();
}
