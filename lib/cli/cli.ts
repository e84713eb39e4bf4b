#!/usr/bin/env node
import { pathToFileURL } from "node:url";
import { commandOfProject } from "./local-copy.js";

const args = process.argv.slice(2);
const other = commandOfProject(args);
if (other === undefined) await main();
else await import(pathToFileURL(other).href);

async function main(): Promise<void> {
  const [{ execute }, { Terminal }] = await Promise.all([import("./program.js"), import("./terminal.js")]);
  const terminal = new Terminal(process.stdout, process.stderr, process.env);
  for (const stream of [process.stdout, process.stderr]) {
    // The reader has left. Without a listener, Node would print a stack.
    stream.on("error", () => terminal.close());
  }
  const code = await execute(args, terminal);
  await terminal.flush();
  // The module may have opened connections, or started something that has no end.
  process.exit(code);
}
