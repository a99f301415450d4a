// How does the agent do, and what got worse between two of its baselines?
import { get } from "./api.js";
import { facts, h, table } from "./dom.js";
import { change, count, exact, isNumber, none, number, percent, seconds, state, when, word } from "./format.js";
import { picture, svg } from "./dom.js";
import { fitted, Page } from "./page.js";
import { blank } from "./panel.js";

const EVIDENCE = { confirmed: "bad", suspected: "warn", chance: "quiet" };

const columns = (page) => [
  ...["old", "new"].map((side) => ({ title: side === "old" ? "Old" : "New", class: "tight", cell: (row) => h("input", { type: "radio", name: side, value: row.version, checked: page.query.get(side) === String(row.version), "aria-label": `${side === "old" ? "Compare from" : "Compare to"} ${row.version}` }) })),
  { title: "Baseline", class: "tight", cell: (row) => [String(row.version), row.isReference && word(" reference", "warn")] },
  { title: "Success", class: "right tight", cell: (row) => percent(row.success_rate) },
  { title: "Reward", class: "right tight", cell: (row) => number(row.avg_reward) },
  { title: "Duration", class: "right tight", cell: (row) => seconds(row.total_duration_seconds) },
  { title: "Because of", class: "name", cell: (row) => row.trigger },
  { title: "Captured", class: "tight", cell: (row) => when(row.timestamp) },
];

const regressionColumns = [
  { title: "Figure", class: "name", cell: (row) => row.metric },
  { title: "Evidence", class: "tight", cell: (row) => word(row.evidence ?? "suspected", EVIDENCE[row.evidence] ?? "warn") },
  { title: "Reference", class: "right tight", cell: (row) => number(row.old) },
  { title: "Now", class: "right tight", cell: (row) => number(row.new) },
  { title: "Limit", class: "right tight", cell: (row) => number(row.limit) },
  { title: "In words", class: "why", cell: (row) => row.text },
];

/** Success of the baselines in time, the reference marked. */
function course(baselines, reference, width) {
  const known = baselines.filter((each) => isNumber(each.success_rate));
  const height = 150;
  const left = 44;
  const x = (place) => left + (known.length > 1 ? (place * (width - left - 14)) / (known.length - 1) : 0);
  const y = (share) => 12 + (1 - share) * (height - 36);
  const marks = [0, 0.5, 1].flatMap((tick) => [svg("line", { x1: left, x2: width, y1: y(tick), y2: y(tick), class: "grid" }), svg("text", { x: left - 6, y: y(tick) + 4, "text-anchor": "end" }, percent(tick, 0))]);
  marks.push(svg("path", { class: "spark", d: known.map((each, place) => `${place ? "L" : "M"}${x(place).toFixed(1)} ${y(each.success_rate).toFixed(1)}`).join("") }));
  known.forEach((each, place) => {
    const isReference = each.version === reference;
    marks.push(svg("g", svg("title", `Baseline ${each.version}: ${percent(each.success_rate)}, ${exact(each.timestamp)}`), svg("circle", { cx: x(place), cy: y(each.success_rate), r: isReference ? 5 : 2.5, class: isReference ? "fill-warn" : "spark-end" })));
    if (isReference) marks.push(svg("text", { x: Math.min(x(place), width - 60), y: height - 8, "text-anchor": "middle", class: "strong" }, `reference ${each.version}`));
  });
  return picture(width, height, `Success of ${known.length} baselines; the newest ${percent(known.at(-1)?.success_rate)}`, marks);
}

function validation(answer) {
  const tone = answer.passed ? "good" : answer.inconclusive ? "warn" : "bad";
  const text = answer.passed ? "It performs as its reference promises." : answer.inconclusive ? "It cannot be told whether it performs as its reference promises." : "It performs worse than its reference.";
  return h("div", h("div", { class: `verdict ${tone}` }, h("b", text), h("small", answer.reason || `Compared with baseline ${answer.baseline_version} by policy ${answer.policy}.`)),
    answer.regressions?.length > 0 && [h("h3", "What got worse"), table("Regressions", regressionColumns, (row) => row.metric).update(answer.regressions)],
    answer.decay?.length > 0 && [h("h3", `Beside the best that it has proven (baseline ${answer.anchor_version}); this decides nothing`), table("Decay", regressionColumns, (row) => row.metric).update(answer.decay)],
    answer.missing?.length > 0 && [h("h3", "Missing"), h("ul", { class: "plain" }, answer.missing.map((each) => h("li", each)))]);
}

function deltas(title, delta) {
  const rows = Object.entries(delta ?? {}).filter(([, each]) => (each !== null && typeof each === "object" ? each.old !== each.new : isNumber(each) && each !== 0));
  if (rows.length === 0) return null;
  const cells = rows.map(([name, each]) => (isNumber(each) ? [name, none, none, number(each)] : [name, number(each.old), number(each.new), isNumber(each.change_pct) ? change(each.change_pct) : number(each.new - each.old)]));
  return [h("h3", title), table(title, ["Figure", "Old", "New", "Difference"].map((name, place) => ({ title: name, class: place ? "right tight" : "name", cell: (row) => row[place] })), (row) => row[0]).update(cells)];
}

export default function agent(main, query, prompt, flow) {
  const path = `agents/${encodeURIComponent(prompt)}/${encodeURIComponent(flow)}`;
  const page = new Page(main, query).heading(`${prompt}/${flow}`);
  const kinds = ["agent"];
  page.panel({ title: "Is it as good as its reference?", kinds, every: 30, load: (signal) => get(`${path}/validate`, {}, signal), show: validation });
  const row = page.split();
  page.panel({ title: "Agent", kinds, every: 30, load: (signal) => Promise.all([get(path, {}, signal), get(`${path}/trend`, {}, signal).catch((failure) => ({ failure }))]), show: ([found, trend]) => facts([
    ["State", state(found.state)], ["Trend", trend.trend && h("span", state(trend.trend), h("span", { class: "quiet" }, ` rewards ${trend.reward_trend}, durations ${trend.duration_trend}`))], ["Known since", when(found.known_since)], ["Changed", when(found.changed_at)], ["Baselines", count(found.baselines)],
    ["Reference", found.reference && `baseline ${found.reference.version}${found.pinned ? ", pinned" : ""}`], ["Best proven", found.anchor && `baseline ${found.anchor.version}`], ["Model", found.model], ["Judge", found.judge]]) }, row);
  page.panel({ title: "Evidence", kinds, every: 30, load: (signal) => get(`${path}/explain`, {}, signal), empty: (answer) => !answer.text?.length && { text: "No runs were counted yet.", command: `curl -X POST …/api/v1/${path}/runs` },
    show: (answer) => h("ul", { class: "plain" }, answer.text.map((each) => h("li", each))) }, row);
  page.panel({ title: "Baselines; choose two to compare them", kinds, every: 60, load: (signal) => Promise.all([get(`${path}/baselines`, { limit: 200 }, signal), get(path, {}, signal)]),
    empty: ([list]) => list.baselines.length === 0 && { text: "It has no baseline yet.", command: `hivectl agent capture ${prompt}/${flow} --trigger creation` },
    show: ([list, found]) => {
      const reference = found.reference?.version;
      const rows = [...list.baselines].sort((a, b) => a.version - b.version);
      const form = h("form", table("Baselines", columns(page), (each) => each.version).update([...rows].reverse().map((each) => ({ ...each, isReference: each.version === reference }))));
      form.addEventListener("change", () => {
        const chosen = new FormData(form);
        if (chosen.get("old") && chosen.get("new")) location.hash = `#/agents/${encodeURIComponent(prompt)}/${encodeURIComponent(flow)}?old=${chosen.get("old")}&new=${chosen.get("new")}`;
      });
      return h("div", rows.some((each) => isNumber(each.success_rate)) && fitted(page, (width) => course(rows, reference, width)), form);
    } });
  const [before, after] = [query.get("old"), query.get("new")];
  if (before && after)
    page.panel({ title: `Baseline ${before} → ${after}`, every: 0, load: (signal) => get(`${path}/compare`, { old: before, new: after }, signal), show: (answer) => {
      const parts = [deltas("Recipe", answer.recipe_delta), deltas("Execution", answer.lightning_delta), deltas("Trust", answer.trust_delta)].filter(Boolean);
      return parts.length ? h("div", parts) : blank({ text: "No figure differs." });
    } });
  return page.same(`hivectl agent show ${prompt}/${flow}`, `hivectl agent validate ${prompt}/${flow}`, `hivectl agent explain ${prompt}/${flow}`, ...(before && after ? [`hivectl agent compare ${prompt}/${flow} ${before} ${after}`] : [])).start();
}
