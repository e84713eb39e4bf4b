import { readFileSync, writeFileSync } from "node:fs";

export function table(head, rows) {
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/**
 * Replaces generated blocks of a page: the text between `<!-- name -->` and `<!-- /name -->`. Everything else of the page is
 * written by its authors and stays.
 * @throws Error if the page does not have the markers of a block
 */
export function replaceBlocks(page, blocks) {
  let text = readFileSync(page, "utf8");
  for (const [name, block] of Object.entries(blocks)) {
    const [start, end] = [`<!-- ${name} -->\n`, `\n<!-- /${name} -->`];
    const [from, to] = [text.indexOf(start), text.indexOf(end)];
    if (from < 0 || to < 0) throw new Error(`${page.pathname} has no block "${name}": add ${start.trim()} and ${end.trim()}`);
    text = `${text.slice(0, from + start.length)}\n${block}\n${text.slice(to)}`;
  }
  writeFileSync(page, text);
}
