import { type InspectOptions, inspect } from "node:util";

/** What `util.inspect` makes of a value. Never throws, whatever the value's getters and proxies do. */
export function inspectSafely(value: unknown, options: InspectOptions = {}): string {
  try {
    return inspect(value, options);
  } catch {
    return `something of type ${typeof value} that cannot be shown`;
  }
}
