/** The middle one, or half way between the two that are. */
export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return (sorted[Math.ceil(middle) - 1] + sorted[Math.floor(middle)]) / 2;
}

/** The median, and from where to where the values go: `"374 (350–410)"`. */
export function withSpread(values) {
  const [least, most] = [Math.min(...values), Math.max(...values)].map(readable);
  return `${readable(median(values))} (${least}–${most})`;
}

/** With as many digits as one would say. */
function readable(value) {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toLocaleString("en", { maximumFractionDigits: digits });
}
