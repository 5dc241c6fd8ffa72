import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import * as module from "../../deploy/desktop/converge-session.js";

const folder = new URL("../../deploy/desktop/", import.meta.url);
const source = readFileSync(new URL("converge-session.js", folder), "utf8");
const declarations = readFileSync(new URL("converge-session.d.ts", folder), "utf8");

/** What any minifier takes away at least: comments, indentation and spaces beside operators; names stay. Good for a size only: it changes texts, too. */
function minified(text) {
  return text.replace(/^\s*\/\*\*[\s\S]*?\*\/\n/gm, "").replace(/^\s*\/\/.*\n/gm, "").replace(/ *\/\/ .*$/gm, "").replace(/^\s+/gm, "").replace(/ ?([=+?:,;{}()<>|&*-]+) ?/g, "$1");
}

test("the module is under 12 KB minified and compressed", () => {
  const size = gzipSync(minified(source), { level: 9 }).length;
  console.log(`converge-session.js: ${size} bytes; as it stands, with comments: ${gzipSync(source, { level: 9 }).length}`);
  assert.ok(size < 12 * 1_024, `${size} bytes`);
  assert.ok(!/\bimport\b[^.]*from|import\(|require\(|\beval\b|innerHTML/.test(source), "a dependency, or what a strict content security policy refuses");
});

test("the declarations name what the module exports, what a session has, and every code of a notice", () => {
  const names = (pattern) => [...declarations.matchAll(pattern)].map((match) => match[1]).sort();
  assert.deepEqual(names(/^export (?:declare )?(?:const|function|class) (\w+)/gm), Object.keys(module).sort());
  const session = module.createSession({ id: "s", endpoints: [{ region: "r", url: "http://127.0.0.1:1" }], getToken: () => new Promise(() => {}) });
  session.close();
  const [, body] = /export interface Session \{([\s\S]*?)\n\}/.exec(declarations);
  assert.deepEqual([...body.matchAll(/^ {2}(?:readonly )?(\w+)[(:?]/gm)].map((match) => match[1]).sort(), Object.keys(session).sort());
  const [, codes] = /type NoticeCode =([^;]*);/.exec(declarations);
  assert.deepEqual([...codes.matchAll(/"(\w+)"/g)].map((match) => match[1]).sort(), Object.keys(module.texts).sort());
  const [, settings] = /export interface Settings \{([\s\S]*?)\n\}/.exec(declarations);
  assert.deepEqual([...settings.matchAll(/^ {2}(\w+):/gm)].map((match) => match[1]).sort(), Object.keys(module.defaults).sort());
});
