// A panel is one question to the node and the picture of its answer. It shows what it waits for, what is missing, what
// went wrong and how old its figures are; the others on the page go on.
import { Problem, token } from "./api.js";
import { tokenForm } from "./token_form.js";
import { h } from "./dom.js";
import { clock, count } from "./format.js";
import { listen } from "./live.js";

const SKELETON_AFTER_MS = 300;
const SOON_MS = 250;
const LEAST_BETWEEN_MS = 1000;
const RETRY_MS = [1000, 2000, 4000, 8000];

/**
 * load(signal): the answer.  show(answer, shown): the content; it may return `shown`, what it returned last, after
 * having updated it.  empty(answer): {text, command} when there is nothing to show.  cut(answer): [shown, of].
 * kinds: events after which to ask again.  every: seconds between questions otherwise.
 */
export class Panel {
  constructor({ title, load, show, empty, cut, kinds = [], every = 15, tools, flush = false, level = "h2" }) {
    Object.assign(this, { load, show, empty, cut, kinds, every });
    this.body = h("div", { class: flush ? "body flush" : "body" });
    this.note = h("div", { class: "note", hidden: true });
    this.more = h("div", { class: "note", hidden: true });
    this.element = h("section", { class: "panel", "aria-busy": "true" },
      title && h("div", { class: "head" }, h(level, title), tools && h("div", { class: "tools" }, tools)),
      this.note, this.body, this.more);
    this.isFlush = flush;
    this.failures = 0;
    this.timers = new Set();
    this.answer = undefined;
  }

  start() {
    this.stopListening = listen((message) => {
      if (message.type === "event" && this.kinds.includes(message.event.kind)) this.soon();
      if (message.type === "state" && (!message.live || this.failures)) this.refresh(); // what it shows is old at once
    });
    this.becameVisible = () => !document.hidden && this.refresh();
    document.addEventListener("visibilitychange", this.becameVisible);
    this.after(SKELETON_AFTER_MS, () => {
      if (this.answer === undefined && !this.failures) this.content(h("div", { class: "skeleton", "aria-hidden": "true" }, Array.from({ length: 6 }, () => h("i"))));
    });
    this.refresh();
    return this;
  }

  stop() {
    this.ended = true;
    this.stopListening?.();
    document.removeEventListener("visibilitychange", this.becameVisible);
    this.asking?.abort();
    for (const each of this.timers) clearTimeout(each);
  }

  after(ms, action) {
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      if (!this.ended) action();
    }, ms);
    this.timers.add(timer);
    return timer;
  }

  soon() {
    if (this.isComing) return;
    this.isComing = true;
    this.after(Math.max(SOON_MS, LEAST_BETWEEN_MS - (Date.now() - (this.askedAt ?? 0))), () => this.refresh());
  }

  async refresh() {
    if (this.ended) return;
    if (this.asking) {
      this.again = true;
      return;
    }
    this.isComing = false;
    this.askedAt = Date.now();
    const asking = (this.asking = new AbortController());
    try {
      const answer = await this.load(asking.signal);
      if (!this.ended) this.succeeded(answer);
    } catch (failure) {
      if (!this.ended && !asking.signal.aborted) this.failed(failure);
    } finally {
      this.asking = null;
      if (this.again && !this.ended) {
        this.again = false;
        this.soon();
      }
    }
  }

  succeeded(answer) {
    this.failures = 0;
    this.answeredAt = Date.now();
    this.answer = answer;
    this.element.classList.remove("stale");
    this.element.setAttribute("aria-busy", "false");
    this.note.hidden = true;
    const nothing = this.empty?.(answer);
    if (nothing) {
      this.shown = null;
      this.content(blank(nothing));
    } else {
      this.shown = this.show(answer, this.shown);
      this.body.classList.toggle("flush", this.isFlush);
      if (this.body.firstChild !== this.shown || this.body.childNodes.length !== 1) this.body.replaceChildren(this.shown);
    }
    const cut = !nothing && this.cut?.(answer);
    this.more.hidden = !cut;
    if (cut) this.more.replaceChildren(`${count(cut[0])} of ${count(cut[1])} are shown.`);
    clearTimeout(this.next);
    if (this.every) this.next = this.after(this.every * 1000, () => (document.hidden ? null : this.refresh()));
  }

  content(node) {
    this.body.classList.remove("flush");
    this.body.replaceChildren(node);
  }

  failed(failure) {
    if (!(failure instanceof Problem)) console.error(failure);
    const wait = RETRY_MS[Math.min(this.failures++, RETRY_MS.length - 1)];
    this.element.setAttribute("aria-busy", "false");
    if (failure.isForbidden) {
      this.note.hidden = true;
      this.content(h("div", { class: "blank" }, h("p", h("b", failure.status === 401 || !token.get() ? "This needs a token." : "This token does not suffice."), ` ${failure.detail}`), tokenForm()));
      return;
    }
    const isFinal = failure.isAbsent || failure.status === 400 || failure.status === 422;
    if (this.answer !== undefined && !isFinal) {
      this.element.classList.add("stale");
      this.note.className = "note warn";
      this.note.hidden = false;
      this.note.replaceChildren(`As of ${clock(this.answeredAt)}; ${failure.detail || "no answer since"}; again in ${wait / 1000} s.`);
    } else {
      this.note.hidden = true;
      this.content(h("div", { class: "blank", role: "alert" }, h("p", h("b", failure.status ? `The node refuses (${failure.status}). ` : "No answer. "), failure.detail ?? String(failure)),
        failure.request && h("p", h("code", failure.request)), h("button", { type: "button", onclick: () => this.refresh() }, "Try again")));
    }
    if (!isFinal) this.after(wait, () => this.refresh());
  }
}

/** What would fill an empty panel. */
export function blank({ text, command }) {
  return h("div", { class: "blank" }, h("p", text), command && h("p", h("code", command)));
}
