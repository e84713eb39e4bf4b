/** How figures are written down. */
export function figure(value) {
  if (value === null || !Number.isFinite(value)) return "–";
  return Math.abs(value) >= 100 ? number(Math.round(value)) : `${Number(value.toPrecision(2))}`;
}

export function number(value) {
  return value.toLocaleString("en");
}

export function table(head, lines) {
  return [`| ${head.join(" | ")} |`, `|${"---|".repeat(head.length)}`, ...lines.map((line) => `| ${line.join(" | ")} |`)].join(
    "\n",
  );
}
