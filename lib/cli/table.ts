import { stripVTControlCharacters } from "node:util";

/**
 * Formats a table: columns as wide as their longest cell, two blanks between them, none at the end of a line. Cells may be
 * styled.
 * @param width where lines are cut, in columns
 */
export function formatTable(rows: readonly (readonly string[])[], width = Number.POSITIVE_INFINITY): string {
  const widths: number[] = [];
  for (const row of rows)
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, lengthOf(cell));
  return rows
    .map((row) => {
      const cells = row.map((cell, column) => cell + " ".repeat((widths[column] ?? 0) - lengthOf(cell)));
      return cutLine(cells.join("  ").trimEnd(), width);
    })
    .join("\n");
}

/** Cuts a line to a number of columns. What it cuts loses its style. */
export function cutLine(line: string, width: number): string {
  if (lengthOf(line) <= width) return line;
  return `${Array.from(stripVTControlCharacters(line))
    .slice(0, Math.max(width - 1, 0))
    .join("")}…`;
}

/**
 * Text of another process in one line, fit for a terminal: control characters, which drive it, and those that reverse the
 * direction of writing, which hide what it says, are escaped.
 */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/gu, (character) => {
    if (character === "\n") return " ";
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

function lengthOf(cell: string): number {
  return Array.from(stripVTControlCharacters(cell)).length;
}
