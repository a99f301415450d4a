// What may I see and do?
import { get, token } from "./api.js";
import { facts, h } from "./dom.js";
import { word } from "./format.js";
import { Page } from "./page.js";
import { scheme } from "./scheme.js";
import { tokenForm } from "./token_form.js";

const KEYS = [["g o", "overview"], ["g m", "metrics"], ["g c", "compare"], ["g a", "agents"], ["g t", "tools"], ["g g", "GPUs"], ["g u", "upgrades"], ["g e", "events"], ["g x", "this page"], ["/", "filter"], ["?", "this list"], ["← →", "on a history: the value before and after; with Shift by a hundred"], ["PgUp PgDn", "on a history: the change before and after"], ["+ − 0", "on a history: zoom, and show all"]];
const MEANS = { read: "reads everything", record: "adds measurements and records", operate: "changes the node and starts upgrades" };

export default function access(main, query) {
  const page = new Page(main, query).heading("Access", "This dashboard only reads. A token lies in this tab alone, and goes when it is closed.");
  const row = page.split();
  page.panel({ title: "Who you are", every: 0, load: (signal) => get("whoami", {}, signal), show: (me) => h("div", facts([["Role", word(me.role, "info")], ["It", MEANS[me.role]], ["Token", me.token || (token.get() ? "the operator's" : "none")], ["Without a token", me.open === "none" ? "nothing" : MEANS[me.open]]]),
    h("h3", "Use another token"), tokenForm(), token.get() && h("p", h("button", { type: "button", onclick: () => { token.set(""); dispatchEvent(new Event("hivemark-token")); } }, "Forget the token"))) }, row);
  const choices = ["system", "light", "dark"].map((each) => h("label", h("input", { type: "radio", name: "scheme", value: each, checked: scheme.get() === each, onchange: () => scheme.set(each) }), each));
  row.append(h("section", { class: "panel" }, h("div", { class: "head" }, h("h2", "Colours")), h("div", { class: "body" }, h("form", { class: "line" }, choices))));
  page.add(h("section", { class: "panel" }, h("div", { class: "head" }, h("h2", "Keys")), h("div", { class: "body" }, h("dl", { class: "facts" }, KEYS.map(([keys, text]) => [h("dt", keys.split(" ").map((each) => [h("kbd", each), " "])), h("dd", text)])))));
  return page.same("hivectl dashboard").start();
}
