// Elements without HTML text.
const SVG = "http://www.w3.org/2000/svg";

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "value") element.value = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(3).filter((each) => each !== null && each !== undefined && each !== false));
  return element;
}

const isAttributes = (what) =>
  what !== null && typeof what === "object" && !(what instanceof Node) && !Array.isArray(what);

/** h("td", {class: "right"}, "5"): an element. Attributes may be left out; null, undefined and false are no children. */
export function h(tag, ...rest) {
  const attributes = isAttributes(rest[0]) ? rest.shift() : {};
  return fill(document.createElement(tag), attributes, rest);
}

export function svg(tag, ...rest) {
  const attributes = isAttributes(rest[0]) ? rest.shift() : {};
  return fill(document.createElementNS(SVG, tag), attributes, rest);
}

/** A picture, named for those who cannot see it. Drawn in pixels, so that text keeps its size. */
export function picture(width, height, label, ...children) {
  return svg("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label }, children);
}

/**
 * A table whose rows are kept by key: update(rows) touches only what changed.
 * columns: {title, cell(row), class, unseen}; cell gives text, a node or a list of them.
 */
export function table(caption, columns, keyOf) {
  const body = h("tbody");
  const element = h(
    "div",
    { class: "scroll", tabindex: "0", role: "region", "aria-label": caption },
    h(
      "table",
      h("caption", { class: "unseen" }, caption),
      h("thead", h("tr", columns.map((each) => h("th", { scope: "col", class: each.class }, each.unseen ? h("span", { class: "unseen" }, each.title) : each.title)))),
      body,
    ),
  );
  const kept = new Map();
  const makeRow = (row) => h("tr", columns.map((each) => h("td", { class: each.class }, each.cell(row))));
  element.update = (rows) => {
    const wanted = [];
    const seen = new Set();
    for (const row of rows) {
      const key = keyOf(row);
      if (seen.has(key)) continue;
      seen.add(key);
      const mark = JSON.stringify(row);
      let known = kept.get(key);
      if (!known || known.mark !== mark) {
        const made = makeRow(row);
        if (known) known.element.replaceWith(made);
        known = { mark, element: made };
        kept.set(key, known);
      }
      wanted.push(known.element);
    }
    for (const [key, known] of kept)
      if (!seen.has(key)) {
        known.element.remove();
        kept.delete(key);
      }
    let next = body.firstChild;
    for (const row of wanted) {
      if (row === next) next = next.nextSibling;
      else body.insertBefore(row, next);
    }
    return element;
  };
  return element;
}

/** Facts as a list of terms; entries without a value are left out. */
export function facts(entries) {
  return h("dl", { class: "facts" }, entries.filter(([, value]) => value !== undefined && value !== null && value !== "")
    .map(([name, value]) => [h("dt", name), h("dd", value)]));
}
