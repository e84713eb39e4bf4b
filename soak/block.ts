/** Keeps the event loop from turning, for that many ms. */
export function block(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}
