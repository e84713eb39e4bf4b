/** How long it takes until a package is there, in a process that has loaded nothing else. */
export async function importing(_, { url }) {
  const begun = performance.now();
  await import(url);
  return { "import (ms)": performance.now() - begun };
}
