// A page is a heading, panels, and the command that prints the same.
import { Panel } from "./panel.js";
import { h } from "./dom.js";

export class Page {
  constructor(main, query) {
    this.main = main;
    this.tail = h("div"); // stays last
    main.append(this.tail);
    this.query = query;
    this.panels = [];
    this.endings = [];
  }

  heading(title, lead, ...tools) {
    document.title = `${title} · Hivemark`;
    this.title = h("h1", { tabindex: "-1" }, title);
    this.add(h("div", h("div", { class: "heading" }, this.title, tools), lead && h("p", { class: "lead quiet" }, lead)));
    return this;
  }

  add(...nodes) {
    this.tail.before(...nodes);
    return this;
  }

  /** Makes a panel; `into`: where it is put, else below what there is. */
  panel(options, into) {
    const panel = new Panel(options);
    this.panels.push(panel);
    if (into) into.append(panel.element);
    else this.add(panel.element);
    return panel;
  }

  split() {
    const element = h("div", { class: "split" });
    this.add(element);
    return element;
  }

  same(...commands) {
    this.tail.append(h("p", { class: "same" }, "The same in a terminal: ", commands.map((each, place) => [place ? " · " : "", h("code", each)])));
    return this;
  }

  onEnd(action) {
    this.endings.push(action);
  }

  start() {
    for (const each of this.panels) each.start();
    return this;
  }

  end() {
    for (const each of this.panels) each.stop();
    for (const each of this.endings) each();
  }

  /** Puts filters into the address, so that a link has them. */
  setQuery(changes) {
    const [path] = location.hash.slice(1).split("?");
    for (const [name, value] of Object.entries(changes))
      if (value === null || value === "" || value === undefined) this.query.delete(name);
      else this.query.set(name, value);
    const text = this.query.toString();
    history.replaceState(null, "", `#${path}${text ? `?${text}` : ""}`);
  }
}

/** Draws again when the element's width or the colour scheme changes. */
export function onResize(page, element, draw) {
  let width = 0;
  const watch = new ResizeObserver(() => {
    const now = Math.floor(element.clientWidth);
    if (now && now !== width) {
      width = now;
      draw(width);
    }
  });
  watch.observe(element);
  page.onEnd(() => watch.disconnect());
}

/** A picture that fits its place: draw(width) gives it. */
export function fitted(page, draw) {
  const place = h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Picture" });
  onResize(page, place, (width) => place.replaceChildren(draw(Math.max(520, width))));
  return place;
}
