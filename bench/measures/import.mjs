const entries = { watchbill: "../../dist/index.js" };

/** How long it takes until a package is there, in a process that has loaded nothing of it. */
export async function importing(peer) {
  const begun = performance.now();
  await import(entries[peer] ?? peer);
  return { "import (ms)": performance.now() - begun };
}
