import { classRecords } from "../decorators/decorator-record.js";
import { hasName } from "../decorators/named.js";
import type { NamedType } from "./discovered-worker.js";

/**
 * Whether the first part of the names of a class's workers probably comes from a minifier or a bundler, and may change with the
 * next build: the class has no `@Named`, and its name has one or two characters, or is not the one in its source text.
 *
 * A build that keeps names gives a class that it has renamed its old name back. Such a name is not one.
 */
export function hasMinifiedName(type: NamedType): boolean {
  if (type.name === "" || hasName(classRecords(type))) return false;
  if (type.name.length <= 2) return true;
  const written = writtenName(type);
  return written !== undefined && written.length > 2 && plainName(written) !== plainName(type.name);
}

/** The name in the source text of a class; undefined if there is none, or if the class sets its own. */
function writtenName(type: NamedType): string | undefined {
  if (typeof type !== "function" || Object.getOwnPropertyDescriptor(type, "name")?.writable !== false) return undefined;
  return /^class\s+(?!extends\b)([\w$]+)/.exec(Function.prototype.toString.call(type))?.[1];
}

/** Without what compilers add to a name that is taken: `_Poller`, `Poller_1`, `Poller2`. */
function plainName(name: string): string {
  return name.replace(/^_+/, "").replace(/[_\d]+$/, "");
}
