// The frame around the pages: which one the address names, the head with who answers, and the keyboard.
import "./policy.js";
import { get, token } from "./api.js";
import { h } from "./dom.js";
import { clock, seconds, updateTimes } from "./format.js";
import { own } from "./policy.js";
import { connection, listen, start } from "./live.js";
import { scheme } from "./scheme.js";

const pages = [
  { at: /^\/$/, name: "Overview", href: "#/", key: "o", load: () => import("./overview.js") },
  { at: /^\/node\/([^/]+)$/, load: () => import("./node.js") },
  { at: /^\/metrics$/, name: "Metrics", href: "#/metrics", key: "m", load: () => import("./metrics.js") },
  { at: /^\/metrics\/([^/]+)\/([^/]+)$/, under: "#/metrics", load: () => import("./metric.js") },
  { at: /^\/compare$/, name: "Compare", href: "#/compare", key: "c", load: () => import("./compare.js") },
  { at: /^\/agents$/, name: "Agents", href: "#/agents", key: "a", load: () => import("./agents.js") },
  { at: /^\/agents\/([^/]+)\/([^/]+)$/, under: "#/agents", load: () => import("./agent.js") },
  { at: /^\/tools$/, name: "Tools", href: "#/tools", key: "t", load: () => import("./tools.js") },
  { at: /^\/gpus$/, name: "GPUs", href: "#/gpus", key: "g", load: () => import("./gpus.js") },
  { at: /^\/upgrades$/, name: "Upgrades", href: "#/upgrades", key: "u", load: () => import("./upgrades.js") },
  { at: /^\/upgrades\/([^/]+)$/, under: "#/upgrades", load: () => import("./upgrade.js") },
  { at: /^\/events$/, name: "Events", href: "#/events", key: "e", load: () => import("./events.js") },
  { at: /^\/access$/, name: "Access", href: "#/access", key: "x", load: () => import("./access.js") },
];

const main = document.getElementById("main");
const whose = h("span", { class: "whose" });
const live = h("span", { class: "live" });
let page = null;
let routed = 0;

/** A token in the address is taken out of it at once. */
function takeToken() {
  const found = /^#token=([^&]+)$/.exec(location.hash);
  if (!found) return;
  token.set(decodeURIComponent(found[1]));
  history.replaceState(null, "", `${location.pathname}#/`);
}

function showHead() {
  const links = pages.filter((each) => each.name).map((each) => h("a", { href: each.href }, each.name));
  document.getElementById("top").replaceChildren(
    h("div", { class: "bar" }, h("a", { class: "brand", href: "#/" }, h("img", { src: new URL("icon.svg", own).href, alt: "" }), "Hivemark"), whose, live),
    h("nav", { class: "pages", "aria-label": "Pages" }, links));
}

function markCurrent(href) {
  for (const each of document.querySelectorAll("nav.pages a"))
    if (each.getAttribute("href") === href) each.setAttribute("aria-current", "page");
    else each.removeAttribute("aria-current");
}

function showLive() {
  const tone = connection.live ? "good" : connection.known ? "bad" : "";
  const text = connection.live ? "live" : connection.forbidden ? "no access" : connection.known ? `stale since ${clock(connection.since)}` : "connecting";
  live.replaceChildren(h("span", { class: `dot ${tone}` }), text);
}

async function showWhose() {
  try {
    const { health } = await get("status");
    whose.textContent = `${health.node} · ${health.version} · up ${seconds(health.uptime_s)}`;
    whose.title = health.id;
  } catch (failure) {
    if (failure.isForbidden) whose.textContent = "";
  }
}

async function route() {
  takeToken();
  const [path, query = ""] = (location.hash.slice(1) || "/").split("?");
  const found = pages.find((each) => each.at.test(path));
  const turn = ++routed;
  const module = await (found?.load() ?? import("./unknown.js"));
  if (turn !== routed) return;
  page?.end();
  main.replaceChildren();
  const parts = found ? found.at.exec(path).slice(1).map(decodeURIComponent) : [path];
  page = module.default(main, new URLSearchParams(query), ...parts);
  markCurrent(found?.href ?? found?.under);
  scrollTo(0, 0);
  if (turn > 1) page.title?.focus();
}

/** g and a letter opens a page; / goes to the filter; ? to the list of keys. */
function onKey(pressed) {
  if (pressed.ctrlKey || pressed.altKey || pressed.metaKey || /^(INPUT|SELECT|TEXTAREA)$/.test(pressed.target.tagName)) return;
  const second = onKey.first && Date.now() - onKey.first < 1500;
  onKey.first = 0;
  if (second) {
    const found = pages.find((each) => each.key === pressed.key);
    if (found) location.hash = found.href;
  } else if (pressed.key === "g") onKey.first = Date.now();
  else if (pressed.key === "?") location.hash = "#/access";
  else if (pressed.key === "/" && document.querySelector("main input[type=search]")) {
    document.querySelector("main input[type=search]").focus();
    pressed.preventDefault();
  }
}

takeToken();
scheme.apply();
showHead();
showLive();
start();
listen((message) => message.type === "state" && (showLive(), message.live && showWhose()));
showWhose();
setInterval(updateTimes, 5000);
addEventListener("hashchange", route);
addEventListener("keydown", onKey);
addEventListener("hivemark-token", () => {
  start();
  showWhose();
  route();
});
route();
