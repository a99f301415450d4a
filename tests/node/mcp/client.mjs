// The protocol's own client against `hivectl mcp`: node client.mjs HIVECTL. Makes the calls that standard input lists,
// one JSON object {name, arguments} a line, and prints what it got: one JSON document.

import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { readFileSync } from "node:fs";

const transport = new StdioClientTransport({
  command: process.argv[2],
  args: ["mcp"],
  env: { HIVE_URL: process.env.HIVE_URL, HIVE_DATA: process.env.HIVE_DATA },
  stderr: "inherit",
});
const client = new Client({ name: "hivemark-test", version: "1" });
const errors = [];
client.onerror = (error) => errors.push(String(error));
await client.connect(transport);

const { tools } = await client.listTools();
const results = [];
const calls = readFileSync(0, "utf8").trim().split("\n").map((line) => JSON.parse(line));
for (const call of calls) {
  try {
    results.push(await client.callTool(call)); // checks structured content against the tool's output schema
  } catch (error) {
    results.push({ code: error.code, message: error.message });
  }
}
await client.ping();

// A call that the client gives up is cancelled; the connection goes on.
let aborted = "";
try {
  await client.callTool({ name: "lease_gpu", arguments: { vram_gb: 1 } }, undefined, { timeout: 1000 });
} catch (error) {
  aborted = error.message;
}
await client.ping();

await client.close();
process.stdout.write(JSON.stringify({ server: client.getServerVersion(), tools, results, aborted, errors }));
