// Which tool is taken for a task, and why?
import { get } from "./api.js";
import { h, table } from "./dom.js";
import { count, percent, plural, seconds } from "./format.js";
import { successBar } from "./marks.js";
import { Page } from "./page.js";
import { blank } from "./panel.js";

/** The routing rule's steps in their order, and what each would have decided. */
const STEPS = [
  ["override", "The request names a tool: it is taken."],
  ["local", "This node's own records name the best one: that with the highest rate of success, and of those alike the fastest."],
  ["hive", "The records of the other nodes name the best one."],
  ["heuristic", "The configuration has a tool for this type of task."],
  ["available", "Nothing is known: the first available tool is taken."],
];

/** 95% interval of a rate by Wilson. */
function wilson(rate, total) {
  if (!total) return [undefined, undefined];
  const z = 1.96;
  const middle = (rate + (z * z) / (2 * total)) / (1 + (z * z) / total);
  const half = (z * Math.sqrt((rate * (1 - rate)) / total + (z * z) / (4 * total * total))) / (1 + (z * z) / total);
  return [Math.max(0, middle - half), Math.min(1, middle + half)];
}

const columns = (chosen) => [
  { title: "Tool", class: "name", cell: (row) => [row.tool, row.tool === chosen() && h("span", { class: "good" }, " taken")] },
  { title: "Success, 95% interval", class: "tight", cell: (row) => {
    const [low, high] = wilson(row.success_rate, Number(row.total));
    return successBar({ low, value: row.success_rate, high, tone: row.tool === chosen() ? "good" : "info" }, `${row.tool}: ${percent(row.success_rate)}`);
  } },
  { title: "Rate", class: "right tight", cell: (row) => percent(row.success_rate) },
  { title: "Time on average", class: "right tight", cell: time },
  { title: "Records here", class: "right tight", cell: (row) => count(row.here) },
  { title: "Elsewhere", class: "right tight", cell: (row) => count(row.total - row.here) },
];

/** The node rounds to hundredths of a second. */
const time = (row) => (row.avg_time_s === 0 ? "< 10 ms" : seconds(row.avg_time_s));

/** The node answers 404 when no other node has shared anything. */
function nothing(failure) {
  if (failure.isAbsent) return {};
  throw failure;
}

/** What this node and the others recorded of one type, together. */
function together(type, summary, others) {
  const tools = new Map();
  const count = (tool, total, rate, time, isHere) => {
    const known = tools.get(tool) ?? { tool, total: 0, here: 0, successes: 0, time: 0 };
    tools.set(tool, { ...known, total: known.total + total, here: known.here + (isHere ? total : 0), successes: known.successes + rate * total, time: known.time + time * total });
  };
  for (const each of summary.by_task_type) if (each.task_type === type) count(each.tool, Number(each.total), each.success_rate, each.avg_time_s, true);
  for (const [tool, each] of Object.entries(others.coding_benchmarks?.[type] ?? {})) count(tool, Number(each.sample_count), each.success_rate, each.avg_time_s, false);
  return [...tools.values()].map((each) => ({ tool: each.tool, total: each.total, here: each.here, success_rate: each.successes / each.total, avg_time_s: each.time / each.total }))
    .sort((a, b) => b.success_rate - a.success_rate || a.avg_time_s - b.avg_time_s);
}

const overallColumns = [
  { title: "Tool", class: "name", cell: (row) => row.tool },
  { title: "Success", class: "right tight", cell: (row) => percent(row.success_rate) },
  { title: "Time on average", class: "right tight", cell: time },
  { title: "Records", class: "right tight", cell: (row) => count(row.total) },
];

function decision(route) {
  const at = route.reason;
  const known = STEPS.some(([name]) => name === at);
  return h("div",
    h("div", { class: "verdict good" }, h("b", `A task of type ${route.task_type} goes to ${route.tool_name}.`), h("small", `${plural(route.sample_count ?? 0, "record")} of it, ${percent(route.success_rate)} success, ${seconds(route.avg_time_s)} on average${route.claim ? `; the lead is ${route.claim}` : ""}.`)),
    h("h3", "How that was decided"),
    h("ol", { class: "steps" }, STEPS.map(([name, text]) => h("li", { class: name === at ? "decided" : undefined }, text, name === at && (route.exploring ? " A tool with a higher estimate was passed over this time, to learn about this one." : " This decided."))), !known && h("li", { class: "decided" }, `${at}. This decided.`)));
}

export default function tools(main, query) {
  const page = new Page(main, query).heading("Tools", "What the hive learned about coding tools from the tasks that they did.");
  const type = query.get("task_type");
  const place = h("span");
  let taken = null;
  if (type) {
    page.panel({ title: `Route of ${type}`, every: 30, load: (signal) => get("tools/route", { task_type: type, available: query.getAll("available") }, signal), show: (route) => {
      taken = route.tool_name;
      return decision(route);
    } });
    page.panel({ title: `Tools for ${type}, here and on the other nodes`, flush: true, every: 30,
      load: async (signal) => together(type, ...(await Promise.all([get("tools/summary", {}, signal), get("tools/delta", { scope: "hive" }, signal).catch(nothing)]))),
      empty: (rows) => rows.length === 0 && { text: `No record of type ${type} in the hive.`, command: `hivectl task record ${type} TOOL --time 12 --success` },
      show: (rows) => table("Tools", columns(() => taken), (each) => each.tool).update(rows) });
  } else page.add(blank({ text: "Choose a type of task to see which tool is taken for it." }));
  page.panel({ title: "All tools", flush: true, every: 30, tools: place, load: (signal) => get("tools/summary", {}, signal),
    empty: (answer) => answer.by_tool.length === 0 && { text: "No task was recorded yet.", command: "hivectl task record bug_fix aider_native --time 42.5 --success" },
    show: (answer, shown = table("All tools", overallColumns, (each) => each.tool)) => {
      place.replaceChildren(chooser(answer, type));
      return shown.update(answer.by_tool);
    },
    cut: (answer) => Number(answer.unlisted) > 0 && [answer.by_tool.length, answer.by_tool.length + Number(answer.unlisted)] });
  return page.same(type ? `hivectl tool route ${type}` : "hivectl tool summary").start();
}

function chooser(answer, type) {
  const types = [...new Set(answer.by_task_type.map((each) => each.task_type))].sort();
  const choice = h("select", { "aria-label": "Type of task" }, h("option", { value: "" }, "type of task"), types.map((each) => h("option", { value: each, selected: each === type }, each)));
  choice.addEventListener("change", () => (location.hash = choice.value ? `#/tools?task_type=${encodeURIComponent(choice.value)}` : "#/tools"));
  return choice;
}
