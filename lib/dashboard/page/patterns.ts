/** Compiles a name pattern in which `*` stands for anything, as the runner reads it. */
export function matcher(pattern: string): (name: string) => boolean {
  const source = pattern.split("*").map((part) => part.replace(/[\\^$.|?*+()[\]{}/-]/g, "\\$&"));
  const regex = new RegExp(`^${source.join("[^]*")}$`, "u");
  return (name) => regex.test(name);
}

/**
 * Compiles what is typed into the filter. Every word must occur in the text, in any case; a word with `*` must match the whole
 * name.
 */
export function filter(query: string): ((name: string, text: string) => boolean) | undefined {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return undefined;
  const tests = words.map((word) => {
    if (!word.includes("*")) return (_name: string, text: string) => text.includes(word);
    const matches = matcher(word);
    return (name: string) => matches(name);
  });
  return (name, text) => tests.every((test) => test(name.toLowerCase(), text.toLowerCase()));
}
