import versions from "./versions.json" with { type: "json" };

/** A tool that is pinned in versions.json: the package, and `@` with a part of its version where there are several. */
export type Tool = keyof typeof versions;

/** How decorators are compiled. */
export type Dialect = "standard" | "legacy" | "legacy, with metadata";

/** One combination of tools in which the package is installed, and in which something runs. */
export interface Cell {
  /** Identifies the cell on the command line and in the table. */
  readonly id: string;
  /** As the table calls it. */
  readonly tool: string;
  /** The tool whose version the table has. */
  readonly version: Tool;
  readonly dialect: Dialect | "";
  /** What is installed besides the package. */
  readonly packages: readonly Tool[];
  /** The project, by path: the text of a file, or what its JSON has. `package.json` is completed with what is installed. */
  readonly files: Readonly<Record<string, string | object>>;
  /** Installs the project. By default, npm. */
  readonly install?: string;
  /** Commands of the shell, one after the other. */
  readonly commands: readonly string[];
  readonly expected: Works | Fails;
  /** What a user does about a failure, or about a surprise. */
  readonly cure?: string;
}

/** Every command succeeds, and the output of all ends with the text, or with what the pattern matches. */
export interface Works {
  readonly prints: string | RegExp;
  /** What the table says besides that it works. */
  readonly but?: string;
}

/** The last command fails, and its output contains the text. */
export interface Fails {
  readonly says: string;
}

/** The version of a tool, as it is pinned. */
export function versionOf(tool: Tool): string {
  return versions[tool];
}

/** The name of its package. */
export function packageOf(tool: Tool): string {
  const at = tool.lastIndexOf("@");
  return at > 0 ? tool.slice(0, at) : tool;
}

/** What the application prints. */
export const printed = "acme/prices acme/listen Mailer/send, 3 polls, stopped, observed";

/** What it prints if the compiler emits the types of constructors. */
export const printedWithTypes = `${printed}, types known`;

/** The options of a tsconfig.json that all dialects share. The types of the package are checked too, without those of Node. */
export const compilerOptions = {
  target: "es2022",
  lib: ["es2022", "dom"],
  module: "nodenext",
  types: [],
  skipDefaultLibCheck: true,
  strict: true,
  exactOptionalPropertyTypes: true,
  outDir: "out",
};

export const dialectOptions: Readonly<Record<Dialect, object>> = {
  standard: { experimentalDecorators: false },
  legacy: { experimentalDecorators: true },
  "legacy, with metadata": { experimentalDecorators: true, emitDecoratorMetadata: true },
};
