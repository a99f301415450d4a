// Small pictures drawn as SVG.
import { picture, svg } from "./dom.js";
import { clock, isNumber, number, seconds } from "./format.js";

/** The figures as a line; null is a gap, never a bridge. */
export function sparkline(values, label, width = 110, height = 22) {
  const known = values.filter(isNumber);
  if (known.length === 0) return "";
  const least = Math.min(...known);
  const span = Math.max(...known) - least || Math.abs(least) || 1;
  const x = (place) => 3 + (values.length > 1 ? (place * (width - 6)) / (values.length - 1) : 0);
  const y = (value) => height - 4 - ((value - least) * (height - 8)) / span;
  let path = "";
  let gap = true;
  values.forEach((value, place) => {
    if (isNumber(value)) path += `${gap ? "M" : "L"}${x(place).toFixed(1)} ${y(value).toFixed(1)}`;
    gap = !isNumber(value);
  });
  const last = values.findLastIndex(isNumber);
  return picture(width, height, label, svg("path", { d: path, class: "spark" }), svg("circle", { cx: x(last), cy: y(values[last]), r: 2, class: "spark-end" }));
}

/**
 * Effects with their intervals around 0, one a line: {name, low, value, high, margin, tone, text}. All in one unit.
 * Positive is to the right.
 */
export function intervals(rows, width, label, unit = "%") {
  const nameWidth = Math.min(260, Math.max(110, width * 0.34));
  const textWidth = Math.min(150, width * 0.22);
  const line = 26;
  const ends = rows.flatMap((each) => [each.low, each.high, each.value, each.margin, each.margin && -each.margin]).filter(isNumber);
  const reach = Math.max(...ends.map(Math.abs), 1e-9) * 1.08;
  const left = nameWidth + 8;
  const room = width - left - textWidth - 8;
  const x = (value) => left + ((Math.max(-reach, Math.min(reach, value)) + reach) * room) / (2 * reach);
  const height = rows.length * line + 24;
  const marks = [svg("line", { x1: x(0), x2: x(0), y1: 0, y2: height - 20, class: "zero" })];
  for (const tick of [-reach / 1.08, 0, reach / 1.08])
    marks.push(svg("text", { x: x(tick), y: height - 6, "text-anchor": "middle" }, `${tick > 0 ? "+" : ""}${number(Number(tick.toPrecision(2)))}${unit}`));
  rows.forEach((each, place) => {
    const y = place * line + 13;
    const mark = isNumber(each.value) ? each.value : (each.low + each.high) / 2;
    marks.push(svg("text", { x: 0, y: y + 4, class: "strong" }, svg("title", each.name), fit(each.name, nameWidth)));
    if (isNumber(each.margin)) marks.push(svg("path", { d: `M${x(each.margin)} ${y - 9}V${y + 9}`, class: "stroke-faint", "stroke-width": 1, "stroke-dasharray": "2 2" }));
    if (isNumber(each.low) && isNumber(each.high)) marks.push(svg("path", { d: `M${x(each.low)} ${y}H${x(each.high)}M${x(each.low)} ${y - 4}v8M${x(each.high)} ${y - 4}v8`, class: `stroke-${each.tone}`, "stroke-width": 1.6, fill: "none" }));
    if (isNumber(mark)) marks.push(svg("circle", { cx: x(mark), cy: y, r: 4, class: `fill-${each.tone}` }));
    marks.push(svg("text", { x: width, y: y + 4, "text-anchor": "end", class: "strong" }, each.text));
  });
  return picture(width, height, label, marks);
}

/** Success of tools with their intervals on one scale of 0 to 100%: {name, low, value, high, tone}. */
export function successBar({ low, value, high, tone }, label, width = 170, height = 18) {
  const x = (share) => 4 + share * (width - 8);
  return picture(width, height, label,
    svg("line", { x1: x(0), x2: x(1), y1: height / 2, y2: height / 2, class: "grid" }),
    [0, 0.5, 1].map((tick) => svg("line", { x1: x(tick), x2: x(tick), y1: 4, y2: height - 4, class: "grid" })),
    isNumber(low) && isNumber(high) && svg("line", { x1: x(low), x2: x(high), y1: height / 2, y2: height / 2, class: `stroke-${tone}`, "stroke-width": 3 }),
    isNumber(value) && svg("circle", { cx: x(value), cy: height / 2, r: 3.5, class: `fill-${tone}` }));
}

const fit = (text, width) => (text.length * 6.1 > width ? `${text.slice(0, Math.max(4, Math.floor(width / 6.1) - 1))}…` : text);

/**
 * What was held from when to when: lanes {name, bars: [{from, to, tone, text, title}]}, times in milliseconds; a bar
 * without an end reaches the right edge. `mark`: now.
 */
export function timeline(lanes, { from, to, width, label, mark }) {
  const nameWidth = Math.min(190, Math.max(90, width * 0.2));
  const lane = 30;
  const room = width - nameWidth - 8;
  const x = (time) => nameWidth + 8 + (Math.max(0, Math.min(1, (time - from) / (to - from))) * room);
  const height = lanes.length * lane + 24;
  const marks = [];
  for (const tick of ticks(from, to, Math.max(2, Math.floor(room / 110)))) {
    marks.push(svg("line", { x1: x(tick), x2: x(tick), y1: 0, y2: height - 20, class: "grid" }));
    marks.push(svg("text", { x: x(tick), y: height - 6, "text-anchor": "middle" }, clock(tick).slice(0, 5)));
  }
  lanes.forEach((each, place) => {
    const y = place * lane;
    marks.push(svg("text", { x: 0, y: y + 19, class: "strong" }, svg("title", each.name), fit(each.name, nameWidth)));
    marks.push(svg("line", { x1: nameWidth + 8, x2: width, y1: y + lane - 1, y2: y + lane - 1, class: "grid" }));
    for (const bar of each.bars) {
      const begin = x(bar.from);
      const span = Math.max(3, x(bar.to ?? to) - begin);
      marks.push(svg("g", svg("title", bar.title), svg("rect", { x: begin, y: y + 6, width: span, height: 18, rx: 2, class: `fill-${bar.tone}`, opacity: bar.open ? 0.9 : 0.5 }),
        span > 46 && svg("text", { x: begin + 5, y: y + 19, class: "strong" }, fit(bar.text, span - 8))));
    }
  });
  if (mark) marks.push(svg("line", { x1: x(mark), x2: x(mark), y1: 0, y2: height - 20, class: "stroke-warn" }));
  return picture(width, height, label, marks);
}

const STEPS_S = [60, 300, 900, 1800, 3600, 10800, 21600, 43200, 86400, 604800];

function ticks(from, to, most) {
  const step = 1000 * (STEPS_S.find((each) => (to - from) / 1000 / each <= most) ?? STEPS_S.at(-1));
  const out = [];
  for (let at = Math.ceil(from / step) * step; at <= to; at += step) out.push(at);
  return out;
}

export const spanText = (from, to) => `${clock(from)} to ${to ? `${clock(to)} (${seconds((to - from) / 1000)})` : "now"}`;
