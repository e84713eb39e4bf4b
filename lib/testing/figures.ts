/** `1,234,567` */
export function countOf(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** `1 run`, `1,234 runs` */
export function countedOf(count: number, noun: string): string {
  return `${countOf(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** A duration in at most six characters: `120ms`, `4.0s`, `12.5m`, `1.5h`, `3.0d`. */
export function durationText(ms: number): string {
  if (ms < 999.5) return `${Math.round(ms)}ms`;
  if (ms < 59_950) return `${(ms / 1_000).toFixed(1)}s`;
  if (ms < 3_597_000) return `${(ms / 60_000).toFixed(1)}m`;
  return ms < 172_800_000 ? `${(ms / 3_600_000).toFixed(1)}h` : `${(ms / 86_400_000).toFixed(1)}d`;
}
