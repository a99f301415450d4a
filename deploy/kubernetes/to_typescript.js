// Writes each document of a YAML file as a constant of its type in kubernetes-models, for the compiler to check:
// to_typescript.js FILE. Run from a folder that has the npm package yaml.
const { createRequire } = require("node:module");
const fs = require("node:fs");
const yaml = createRequire(process.cwd() + "/package.json")("yaml");

for (const [number, document] of yaml.parseAllDocuments(fs.readFileSync(process.argv[2], "utf8")).entries()) {
  const value = document.toJS();
  if (!value?.apiVersion || !value.kind) throw new Error(`document ${number + 1} has no apiVersion and kind`);
  console.log(`import type { I${value.kind} as Type${number} } from "kubernetes-models/${value.apiVersion}/${value.kind}";`);
  console.log(`export const document${number}: Type${number} = ${JSON.stringify(value, null, 2)};`);
}
