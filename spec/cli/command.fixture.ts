import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { execute } from "../../lib/cli/program.js";
import { type OutputStream, Terminal } from "../../lib/cli/terminal.js";

export const root = fileURLToPath(new URL("../..", import.meta.url));

/** The module that most specs use, as a path from the root. */
export const app = "spec/cli/modules/app.ts";

/** A Thursday, in winter. */
export const thursday = Date.parse("2026-11-26T08:00:00Z");

/** The folder for temporary files of the specs: sockets of other processes of this user are in that of the system. */
const temporary = realpathSync(mkdtempSync(join(tmpdir(), "wb-")));
process.once("exit", () => rmSync(temporary, { recursive: true, force: true }));

export interface Printed {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface Surroundings {
  /** The time that the command sees. */
  readonly now?: number;
  readonly env?: NodeJS.ProcessEnv;
  /** Whether stdout is a terminal, of 80 columns. */
  readonly isTTY?: boolean;
}

class MemoryStream implements OutputStream {
  readonly isTTY: boolean;
  readonly columns = 80;
  readonly rows = 24;
  text = "";

  constructor(isTTY = false) {
    this.isTTY = isTTY;
  }

  write(text: string, done?: () => void): boolean {
    this.text += text;
    done?.();
    return true;
  }
}

/** Carries out a command line in this process. */
export async function watchbill(
  args: readonly string[],
  { now = thursday, env = {}, isTTY = false }: Surroundings = {},
): Promise<Printed> {
  const [stdout, stderr] = [new MemoryStream(isTTY), new MemoryStream()];
  const { argv } = process;
  process.argv = [...argv];
  try {
    const code = await execute(args, new Terminal(stdout, stderr, env, () => now));
    return { code, stdout: stdout.text, stderr: stderr.text };
  } finally {
    process.argv = argv;
  }
}

/** Expects the text of a file in `golden/`; writes the file if `UPDATE_GOLDEN` is set. */
export function expectGolden(name: string, text: string): void {
  const file = join(root, "spec/cli/golden", name);
  if (process.env.UPDATE_GOLDEN !== undefined) writeFileSync(file, text);
  expect(text).to.equal(readFileSync(file, "utf8"));
}

/** A folder of modules that exists for one test. */
export class Folder {
  readonly path = realpathSync(mkdtempSync(join(tmpdir(), "wb-")));

  /** @returns its path */
  write(name: string, text: string): string {
    const file = join(this.path, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    return file;
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/**
 * Sets variables of the environment of this process for the tests of a suite, such as the time zone and the folder of the sockets.
 * That for temporary files is one of the specs.
 */
export function useEnvironment(variables: () => Readonly<Record<string, string>>): void {
  const before = new Map<string, string | undefined>();
  beforeEach(() => {
    for (const [name, value] of Object.entries({ TMPDIR: temporary, ...variables() })) {
      before.set(name, process.env[name]);
      process.env[name] = value;
    }
  });
  afterEach(() => {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  });
}
