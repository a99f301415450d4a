// Figures, times and words as people read them.
import { h } from "./dom.js";

export const none = "–";
const figures = new Intl.NumberFormat("en", { maximumSignificantDigits: 5 });
const counts = new Intl.NumberFormat("en");

export const isNumber = (value) => typeof value === "number" && Number.isFinite(value);

/** A figure to five digits; absent: a dash. */
export function number(value) {
  if (!isNumber(value)) return none;
  return value !== 0 && (Math.abs(value) < 1e-4 || Math.abs(value) >= 1e9) ? value.toExponential(3) : figures.format(value);
}

export const count = (value) => (value === undefined || value === null ? none : counts.format(Number(value)));
export const withUnit = (value, unit) => (isNumber(value) ? number(value) + (unit ? ` ${unit}` : "") : none);
/** A share of 1 as percent. */
export const percent = (share, digits = 1) => (isNumber(share) ? `${(100 * share).toFixed(digits)}%` : none);
/** A change that already is in percent, with its sign. */
export const change = (value) => (isNumber(value) ? `${value > 0 ? "+" : ""}${Math.abs(value) < 9.95 ? value.toFixed(1) : value.toFixed(0)}%` : none);
export const plural = (many, one, more = `${one}s`) => `${count(many)} ${Number(many) === 1 ? one : more}`;

export function seconds(value) {
  if (!isNumber(value)) return none;
  if (value < 1) return value === 0 ? "0 s" : `${Number((value * 1000).toPrecision(3))} ms`;
  if (value < 90) return `${value < 10 ? Number(value.toPrecision(3)) : Math.round(value)} s`;
  if (value < 5400) return `${Math.round(value / 60)} min`;
  if (value < 172800) return `${(value / 3600).toFixed(1)} h`;
  return `${Math.round(value / 86400)} days`;
}

export function mebibytes(value) {
  if (value === undefined || value === null) return none;
  const mib = Number(value);
  return mib >= 1024 ? `${(mib / 1024).toFixed(1)} GiB` : `${count(mib)} MiB`;
}

export const bytes = (value) => (value === undefined || value === null ? none : mebibytes(Number(value) / 1048576));

function ago(then, now = Date.now()) {
  const passed = (now - then) / 1000;
  const span = Math.abs(passed);
  const text = span < 5 ? "now" : span < 90 ? `${Math.round(span)} s` : span < 5400 ? `${Math.round(span / 60)} min`
    : span < 129600 ? `${Math.round(span / 3600)} h` : `${Math.round(span / 86400)} days`;
  if (text === "now") return text;
  return passed >= 0 ? `${text} ago` : `in ${text}`;
}

export const clock = (when) => new Date(when).toLocaleTimeString("en-GB");
export const exact = (when) => new Date(when).toISOString().replace("T", " ").replace(/\.\d+Z/, " UTC");

/** A time as its distance from now, which the page keeps up to date; the exact one as title. */
export function when(text, absent = none) {
  if (!text) return absent;
  return h("time", { datetime: text, title: exact(text) }, ago(Date.parse(text)));
}

export function updateTimes() {
  for (const each of document.querySelectorAll("time[datetime]")) {
    const text = ago(Date.parse(each.dateTime));
    if (each.textContent !== text) each.textContent = text;
  }
}

/** A word with a colour; the word says it alone. */
export const word = (text, tone = "quiet") => h("span", { class: `word ${tone}` }, text);

const tones = {
  active: "good", healthy: "good", stable: "good", ok: "good", safe: "good", approved: "good", passed: "good", success: "good", sound: "good", complete: "good", steady: "good", improving: "good", available: "good",
  suspect: "warn", suspected: "warn", stale: "warn", pending: "info", announced: "info", running: "info", waiting: "info", queued: "info", held: "warn", inconclusive: "warn", flagged: "warn", "rolling out": "info", unknown: "warn", skipped: "quiet",
  dead: "bad", quarantined: "bad", regressed: "bad", rejected: "bad", failed: "bad", error: "bad", lost: "bad", refused: "bad", declining: "bad", aborted: "warn", "rolled back": "warn", draining: "warn", revoking: "warn", killing: "bad",
};
export const tone = (text) => tones[text] ?? "quiet";
export const state = (text) => word(text || "unknown", tone(text));

export const short = (id) => (id ? id.slice(0, 8) : none);

const part = encodeURIComponent;
export const link = (href, ...content) => h("a", { href }, ...content);
export const to = {
  node: (id) => `#/node/${part(id)}`,
  metric: (adapter, name) => `#/metrics/${part(adapter || "-")}/${part(name)}`,
  agent: (prompt, flow) => `#/agents/${part(prompt)}/${part(flow)}`,
  upgrade: (id) => `#/upgrades/${part(id)}`,
  compare: (before, after) => `#/compare?old=${part(before)}&new=${part(after)}`,
};
