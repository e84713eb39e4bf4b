/** An error in one line, for messages and tables: its name and its message. Never throws, whatever the error's getters do. */
export function describeError(error: Error): string {
  try {
    return `${error.name}: ${error.message}`;
  } catch {
    return "an error that cannot be shown";
  }
}
