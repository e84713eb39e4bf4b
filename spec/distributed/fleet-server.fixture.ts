/** A database server for specs. */
export interface FleetServer {
  readonly url: string;
  readonly port: number;
  /** Undefined if the server is not started by the specs. */
  readonly restart: ((downFor: number) => Promise<void>) | undefined;
  stop(): Promise<void>;
}

/** A kind of server that specs need, and that may not be available on this machine. */
export class ServerKind {
  readonly name: string;
  readonly #start: () => Promise<FleetServer>;
  /** The result of the first start. */
  #outcome: { readonly error?: unknown } | undefined;
  #running: FleetServer | undefined;

  constructor(name: string, start: () => Promise<FleetServer>) {
    this.name = name;
    this.#start = start;
  }

  /**
   * Starts a server in a `before` hook. If that is not possible on this machine, skips the specs, and prints one line the first
   * time; with `CI` set, rejects.
   */
  async startFor(hook: Pick<Mocha.Context, "skip">): Promise<FleetServer> {
    if (this.#outcome?.error === undefined) {
      try {
        this.#running = await this.#start();
        this.#outcome = {};
        return this.#running;
      } catch (error) {
        // If a server could be started before, the machine is not the cause.
        if (this.#outcome !== undefined || process.env.CI !== undefined) throw error;
        this.#outcome = { error };
        console.warn(`        SKIPPED, ALL THAT NEEDS ${this.name.toUpperCase()}: ${reasonOf(error)}`);
      }
    }
    return hook.skip();
  }

  /** Stops the server, if one was started. */
  async stop(): Promise<void> {
    await this.#running?.stop();
    this.#running = undefined;
  }

  /** Skips the specs or rejects as `startFor` does, for specs that start their own server in another process. */
  async requireFor(hook: Pick<Mocha.Context, "skip">): Promise<void> {
    if (this.#outcome !== undefined && this.#outcome.error === undefined) return;
    await this.startFor(hook);
    await this.stop();
  }

  /** Why the server cannot be started on this machine, in one line; undefined if it can. */
  async absence(): Promise<string | undefined> {
    try {
      await (await this.#start()).stop();
      return undefined;
    } catch (error) {
      return reasonOf(error);
    }
  }
}

/** The line of an error message, which may be a server's log, that names the cause. */
function reasonOf(error: unknown): string {
  const lines = (error instanceof Error ? error.message : String(error)).trim().split("\n");
  return lines.find((line) => /fatal|error/i.test(line)) ?? lines[0] ?? "";
}
