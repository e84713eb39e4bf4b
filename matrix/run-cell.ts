import type { Cell } from "./cell.js";
import { execute, NetworkMissing, type Scratch } from "./scratch.js";

/** `"as expected"`, `"not run"` if the machine lacks the network, or what is wrong. */
export type Verdict = "as expected" | "not run" | { readonly problem: string };

/** Installs a cell, runs its commands, and compares with what is expected. */
export function runCell(cell: Cell, scratch: Scratch): Verdict {
  try {
    return judge(cell, scratch.prepare(cell));
  } catch (error) {
    if (error instanceof NetworkMissing) return "not run";
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}

function judge(cell: Cell, folder: string): Verdict {
  const { commands, expected } = cell;
  let text = "";
  for (const [index, command] of commands.entries()) {
    const output = execute(command, folder);
    text += output.text;
    if (output.status === 0) continue;
    const isLast = index === commands.length - 1;
    if (isLast && "says" in expected && output.all.includes(expected.says)) return "as expected";
    return { problem: `${command} failed:\n${output.all}` };
  }
  if ("says" in expected) return { problem: `it works, and should fail with ${expected.says}` };
  const { prints } = expected;
  const isPrinted = typeof prints === "string" ? text.trimEnd().endsWith(prints) : prints.test(text.trimEnd());
  return isPrinted ? "as expected" : { problem: `it printed, instead of ${String(prints)}:\n${text}` };
}
