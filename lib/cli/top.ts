import type { Key } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import type { Update } from "../dashboard/dashboard.js";
import { CommandError, exitCodes } from "./exit-codes.js";
import { findRemote, isStatus, type Remote, type RemoteEvent, type RemoteOptions } from "./remote.js";
import { Screen } from "./screen.js";
import { exitCodeOf, onStopSignals } from "./stop-signals.js";
import type { Terminal } from "./terminal.js";
import { TopView } from "./top-view.js";

export interface TopOptions extends RemoteOptions {
  readonly json?: boolean | undefined;
}

/** How often what is shown is drawn again without an event, as it has times that pass, in ms. */
const timeBetweenDraws = 1_000;

/** The process ends a stream now and then, in ms. */
const timeToReconnect = 500;

/** Shows the workers of a running process, live, until `q` or Ctrl-C. With JSON, prints each event in a line. */
export async function top(options: TopOptions, terminal: Terminal): Promise<number> {
  const remote = await findRemote(options, terminal.env);
  if (options.json === true) return printEvents(remote, terminal);
  if (terminal.stdout.isTTY !== true || !process.stdin.isTTY)
    throw new CommandError(exitCodes.usage, "top needs a terminal: use watchbill status, or top --json");
  return new Top(remote, terminal).run();
}

async function printEvents(remote: Remote, terminal: Terminal): Promise<number> {
  const ending = new AbortController();
  let code: number = exitCodes.ok;
  terminal.closed.addEventListener("abort", () => ending.abort());
  const unsubscribe = onStopSignals(["SIGINT", "SIGTERM"], (signal) => {
    code = exitCodeOf(signal);
    ending.abort();
  });
  for await (const event of eventsOf(remote, ending.signal)) terminal.print(JSON.stringify(event));
  unsubscribe();
  return code;
}

/** The events of a process, also after it has ended a stream, until the signal aborts. */
async function* eventsOf(remote: Remote, signal: AbortSignal): AsyncGenerator<RemoteEvent> {
  while (!signal.aborted) {
    yield* remote.events(signal);
    await delay(timeToReconnect, undefined, { signal }).catch(() => {});
  }
}

class Top {
  readonly #remote: Remote;
  readonly #terminal: Terminal;
  readonly #view: TopView;
  readonly #screen: Screen;
  readonly #ending = new AbortController();
  #code: number = exitCodes.ok;

  constructor(remote: Remote, terminal: Terminal) {
    this.#remote = remote;
    this.#terminal = terminal;
    this.#view = new TopView(terminal);
    this.#screen = new Screen(
      (key) => this.#onKey(key),
      () => this.#draw(),
    );
  }

  async run(): Promise<number> {
    const unsubscribe = onStopSignals(["SIGINT", "SIGTERM", "SIGHUP"], (signal) => this.#end(exitCodeOf(signal)));
    const draw = (): void => this.#draw();
    this.#terminal.closed.addEventListener("abort", () => this.#end(exitCodes.ok));
    this.#screen.open();
    process.stdout.on("resize", draw);
    const timer = setInterval(draw, timeBetweenDraws);
    try {
      draw();
      for await (const { event, data } of eventsOf(this.#remote, this.#ending.signal)) {
        if (event === "snapshot" && isStatus(data)) this.#view.reset(data);
        else if (isUpdate(data)) this.#view.apply(data);
        draw();
      }
      return this.#code;
    } finally {
      clearInterval(timer);
      process.stdout.off("resize", draw);
      this.#screen.close();
      unsubscribe();
    }
  }

  #end(code: number): void {
    this.#code = code;
    this.#ending.abort();
  }

  #draw(): void {
    const { rows = 24, columns = 80 } = this.#terminal.stdout;
    this.#screen.draw(this.#view.lines(rows, columns));
  }

  #onKey({ name, ctrl = false }: Key): void {
    const page = Math.max((this.#terminal.stdout.rows ?? 24) - 4, 1);
    if (ctrl && name === "c") this.#end(exitCodeOf("SIGINT"));
    else if (ctrl && name === "z") this.#screen.suspend();
    else if (name === "q" || name === "escape") this.#end(exitCodes.ok);
    else if (name === "s") this.#view.sortNext();
    else if (name === "down" || name === "j") this.#view.scroll(1);
    else if (name === "up" || name === "k") this.#view.scroll(-1);
    else if (name === "pagedown" || name === "space") this.#view.scroll(page);
    else if (name === "pageup") this.#view.scroll(-page);
    else if (name === "home") this.#view.scroll(Number.NEGATIVE_INFINITY);
    else if (name === "end") this.#view.scroll(Number.POSITIVE_INFINITY);
    this.#draw();
  }
}

function isUpdate(data: unknown): data is Partial<Update> {
  return typeof data === "object" && data !== null && (!("rows" in data) || Array.isArray(data.rows));
}
