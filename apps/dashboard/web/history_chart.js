// The history of a metric by dygraphs: a band from the least to the most, the median, change points and thresholds.
// Read by keyboard too: arrows step from point to point, Shift steps a hundred, Page Up and Page Down go from change to
// change, + and - zoom, 0 shows all.
import { h } from "./dom.js";
import { change, clock, count, exact, isNumber, number, withUnit } from "./format.js";

let library = null;

/** The library and its style sheet come with the first chart. */
async function loadLibrary() {
  library ??= import("./dygraph.min.js").then(() => {
    // Its legend sets style attributes, which the content security policy forbids; the reading below takes its place.
    Dygraph.PLUGINS = Dygraph.PLUGINS.filter((each) => each !== Dygraph.Plugins.Legend);
    return Dygraph;
  });
  return library;
}

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** The node gives buckets as lists, one entry a bucket. */
function bucketsOf({ buckets, unit }) {
  return buckets.from.map((from, place) => {
    const [begin, end] = [Number(from) * 1000, (Number(from) + Number(buckets.seconds[place])) * 1000];
    const counts = buckets.count[place] > 0;
    const left = buckets.left_out?.[place] ?? 0;
    const [least, median, most] = [buckets.least, buckets.median, buckets.most].map((list) => (counts ? list[place] : null));
    return { at: (begin + end) / 2, low: least, value: median, high: most,
      text: `${exact(begin)} to ${exact(end)}: ${counts ? `median ${withUnit(median, unit)}, ${number(least)} to ${number(most)} in ${count(buckets.count[place])} captures` : "no value counts"}${left ? `; ${count(left)} do not count` : ""}` };
  });
}

/** Points and buckets alike: {at, low, value, high, text}. Values that do not count are gaps. */
function rowsOf(history) {
  if (history.buckets) return bucketsOf(history);
  return (history.points ?? []).map((each) => {
    const why = each.deleted ?? each.disturbed ?? each.incomparable;
    const counts = why === undefined && isNumber(each.value);
    return { at: Date.parse(each.captured_at), low: counts ? each.low ?? each.value : null, value: counts ? each.value : null, high: counts ? each.high ?? each.value : null,
      text: `${exact(each.captured_at)}, ${each.version}: ${withUnit(each.value, history.unit)}${each.sample_count > 1 ? ` from ${count(each.sample_count)} samples` : ""}${each.spike ? "; a spike" : ""}${why ? `; does not count: ${why}` : ""}${each.beside ? `; beside: ${each.beside}` : ""}` };
  });
}

export class HistoryChart {
  constructor(page, { log, onWindow }) {
    Object.assign(this, { log, onWindow, place: 0 });
    this.canvas = h("div", { class: "chart", tabindex: "0", role: "application", "aria-label": "History. Arrow keys read the values." });
    this.reading = h("p", { class: "reading", "aria-live": "polite" });
    this.element = h("div", this.canvas, this.reading);
    this.canvas.addEventListener("keydown", (pressed) => this.onKey(pressed));
    const again = () => this.history && this.draw();
    addEventListener("hivemark-scheme", again);
    page.onEnd(() => {
      removeEventListener("hivemark-scheme", again);
      this.graph?.destroy();
    });
  }

  show(history) {
    this.history = history;
    this.rows = rowsOf(history);
    const left = this.rows.filter((each) => !isNumber(each.value)).length;
    this.usual = `${count(this.rows.length)} ${history.buckets ? `groups of ${count(history.captures)} captures` : "captures"}${left ? `, of which ${count(left)} do not count` : ""}. Drag to zoom, double-click to see all.`;
    this.reading.textContent = this.usual;
    this.draw();
    return this.element;
  }

  setLog(on) {
    this.log = on;
    if (this.history) this.draw();
  }

  async draw() {
    const Chart = await loadLibrary();
    this.graph?.destroy();
    const { direction, unit } = this.history;
    this.graph = new Chart(this.canvas, this.rows.map((each) => [new Date(each.at), isNumber(each.value) ? [each.low, each.value, each.high] : null]), {
      labels: ["time", this.history.name], customBars: true, connectSeparatedPoints: false, logscale: this.log, colors: [colour("--series")], fillAlpha: 0.22, strokeWidth: 1.3,
      drawPoints: this.rows.length <= 200, pointSize: 2.5, highlightCircleSize: 4, includeZero: false, yRangePad: 12, xRangePad: 6, rightGap: 12, gridLineColor: colour("--line"), axisLineColor: colour("--line"),
      axes: { x: { axisLabelFormatter: timeLabel, pixelsPerLabel: 90 }, y: { axisLabelFormatter: (value) => number(value), axisLabelWidth: 64 } },
      underlayCallback: (context, area, graph) => this.underlay(context, area, graph),
      highlightCallback: (event, x, points, row) => this.read(row),
      unhighlightCallback: () => (this.reading.textContent = this.usual),
      zoomCallback: (from, to) => this.zoomed(from, to),
    });
    this.canvas.setAttribute("aria-label", `History of ${this.history.name}${unit ? ` in ${unit}` : ""}; ${direction} is better. Arrow keys read the values.`);
  }

  underlay(context, area, graph) {
    const line = (x1, y1, x2, y2, style, dash) => {
      context.save();
      context.strokeStyle = style;
      context.setLineDash(dash);
      context.beginPath();
      context.moveTo(x1, y1);
      context.lineTo(x2, y2);
      context.stroke();
      context.restore();
    };
    for (const each of this.history.thresholds ?? []) {
      const y = graph.toDomYCoord(each.value);
      if (y > area.y && y < area.y + area.h) line(area.x, y, area.x + area.w, y, colour("--bad"), [6, 4]);
    }
    for (const each of this.history.changes ?? []) {
      const x = graph.toDomXCoord(Date.parse(each.at));
      if (x < area.x || x > area.x + area.w) continue;
      const style = colour(each.worse ? "--bad" : "--good");
      line(x, area.y, x, area.y + area.h, style, [3, 3]);
      context.fillStyle = style;
      context.font = "11px system-ui, sans-serif";
      context.fillText(`${each.after > each.before ? "▲" : "▼"} ${change(each.change_pct)}`, Math.min(x + 4, area.x + area.w - 62), area.y + 11);
    }
  }

  read(row) {
    this.place = row;
    if (this.rows[row]) this.reading.textContent = this.rows[row].text;
  }

  zoomed(from, to) {
    if (this.history.buckets && Number.isFinite(from) && !this.graph.isZoomed("y")) this.onWindow(new Date(from).toISOString(), new Date(to).toISOString());
  }

  onKey(pressed) {
    if (!this.graph) return;
    const step = pressed.shiftKey ? 100 : 1;
    const moves = { ArrowLeft: -step, ArrowRight: step, Home: -Infinity, End: Infinity };
    if (pressed.key in moves) this.select(this.place + moves[pressed.key]);
    else if (pressed.key === "PageUp" || pressed.key === "PageDown") this.toChange(pressed.key === "PageDown" ? 1 : -1);
    else if (pressed.key === "+" || pressed.key === "-") this.zoom(pressed.key === "+" ? 0.5 : 2);
    else if (pressed.key === "0") this.graph.resetZoom();
    else return;
    pressed.preventDefault();
  }

  select(place) {
    this.place = Math.max(0, Math.min(this.rows.length - 1, place));
    this.graph.setSelection(this.place);
    this.read(this.place);
  }

  toChange(direction) {
    const places = (this.history.changes ?? []).map((each) => this.rows.findIndex((row) => row.at >= Date.parse(each.at))).filter((each) => each >= 0);
    const next = direction > 0 ? places.find((each) => each > this.place) : places.findLast((each) => each < this.place);
    if (next !== undefined) this.select(next);
  }

  zoom(factor) {
    const [from, to] = this.graph.xAxisRange();
    const middle = this.rows[this.place]?.at ?? (from + to) / 2;
    const half = ((to - from) / 2) * factor;
    this.graph.updateOptions({ dateWindow: [middle - half, middle + half] });
  }
}

function timeLabel(value, granularity) {
  const at = value instanceof Date ? value : new Date(value);
  if (granularity < Dygraph.Granularity.DAILY) return clock(at).slice(0, 5) === "00:00" ? dayOf(at) : clock(at).slice(0, granularity < Dygraph.Granularity.MINUTELY ? 8 : 5);
  return granularity < Dygraph.Granularity.MONTHLY ? dayOf(at) : at.toLocaleDateString("en-GB", { month: "short", year: "numeric" });
}

const dayOf = (at) => at.toLocaleDateString("en-GB", { day: "numeric", month: "short" });
