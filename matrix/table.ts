import { type Cell, versionOf } from "./cell.js";

const start = "<!-- Written by `npm run matrix`. -->\n\n";
const end = "\n<!-- The end of what is written. -->";
const head = "| tool | version | decorators | result | what to do |\n|---|---|---|---|---|\n";

/** The row of a cell that has run as expected. */
export function rowOf(cell: Cell): string {
  const { tool, version, dialect, expected, cure = "" } = cell;
  const but = "but" in expected && expected.but !== undefined ? `; ${expected.but}` : "";
  const result = "says" in expected ? `fails: \`${expected.says}\`` : `works${but}`;
  return `| ${[tool, versionOf(version), dialect, result, cure].join(" | ")} |`;
}

/**
 * The page with the rows of cells that have run. The rows of other cells stay if they are still declared as they are there.
 * @param cells all that are declared
 * @param ran those that have run as expected
 */
export function updateTable(page: string, cells: readonly Cell[], ran: readonly Cell[]): string {
  const known = rowsIn(page);
  const rows = cells.filter((cell) => ran.includes(cell) || known.includes(rowOf(cell))).map(rowOf);
  const [before, rest] = halves(page, start);
  const [, after] = halves(rest, end);
  return `${before}${start}${head}${rows.join("\n")}\n${end}${after}`;
}

/** The rows that a page has. */
export function rowsIn(page: string): string[] {
  const [, rest] = halves(page, start);
  const [table] = halves(rest, end);
  return table.split("\n").filter((line) => line.startsWith("| ") && !head.includes(line));
}

function halves(text: string, mark: string): [before: string, after: string] {
  const at = text.indexOf(mark);
  if (at < 0) throw new Error(`docs/toolchains.md has no line ${mark.trim()}`);
  return [text.slice(0, at), text.slice(at + mark.length)];
}
