// Bundle the explorables and the D3 modules they use into helpers/explore.min.js.
import { readFileSync, readdirSync } from "node:fs";
import { build } from "esbuild";

const target = process.argv[2] ?? "../../helpers/explore.min.js";
const modules = readdirSync("node_modules").filter((name) => /^(d3-|internmap)/.test(name));
const licences = modules.map((name) => {
  const { version } = JSON.parse(readFileSync(`node_modules/${name}/package.json`, "utf8"));
  return { name: `${name} ${version}`, text: readFileSync(`node_modules/${name}/LICENSE`, "utf8").trim() };
});
const texts = [...new Set(licences.map((one) => one.text))].map((text) =>
  [licences.filter((one) => one.text === text).map((one) => one.name).join(", "), text].join("\n"));

await build({
  entryPoints: ["index.js"],
  outfile: target,
  bundle: true,
  minify: true,
  format: "iife",
  target: "es2020",
  loader: { ".css": "text" },
  legalComments: "none",
  banner: { js: `/*! Explorables of the course (BSD-3-Clause), built by make explorables, with:\n\n${texts.join("\n\n")}\n*/` },
});
