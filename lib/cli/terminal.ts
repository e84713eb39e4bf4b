import { styleText } from "node:util";

/** A stream that a command prints to; a terminal if it has `isTTY`. */
export interface OutputStream {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
  write(text: string, done?: (error?: Error | null) => void): unknown;
}

export type Style = "bold" | "dim" | "red" | "green" | "yellow";

/** Where a command prints, and the clock and the environment that it reads. */
export class Terminal {
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly env: NodeJS.ProcessEnv;
  readonly #closing = new AbortController();
  readonly #clock: () => number;

  constructor(stdout: OutputStream, stderr: OutputStream, env: NodeJS.ProcessEnv, clock = Date.now) {
    this.stdout = stdout;
    this.stderr = stderr;
    this.env = env;
    this.#clock = clock;
  }

  /**
   * Aborts when the reader of the output has left, as in `watchbill list | head -1`. Only a command without an end of its own
   * ends by that: what the others do, and their exit codes, count without a reader too.
   */
  get closed(): AbortSignal {
    return this.#closing.signal;
  }

  close(): void {
    this.#closing.abort();
  }

  /** In ms since the epoch. */
  now(): number {
    return this.#clock();
  }

  print(text: string): void {
    this.stdout.write(`${text}\n`);
  }

  /** Prints to stderr. */
  complain(text: string): void {
    this.stderr.write(`${text}\n`);
  }

  printJson(value: unknown): void {
    this.print(JSON.stringify(value, null, 2));
  }

  /** The width of a terminal in columns; undefined if stdout is not one. */
  get width(): number | undefined {
    return this.stdout.isTTY === true ? this.stdout.columns : undefined;
  }

  /** Styles a text if stdout is a terminal that shows it, and the environment does not ask for plain text. */
  style(style: Style, text: string): string {
    return this.#hasColors ? styleText(style, text, { validateStream: false }) : text;
  }

  // Not every version of Node lets `styleText` read NO_COLOR, and none lets it look at another stream than stdout before 22.13.
  get #hasColors(): boolean {
    const { NO_COLOR = "", TERM } = this.env;
    return this.stdout.isTTY === true && NO_COLOR === "" && TERM !== "dumb";
  }

  /** Resolves when all that was printed has been written, or cannot be. */
  async flush(): Promise<void> {
    for (const stream of [this.stdout, this.stderr]) {
      await new Promise<void>((resolve) => {
        stream.write("", () => resolve());
      });
    }
  }
}
