/** A database server of the tests' own. */
export interface FleetServer {
  readonly url: string;
  readonly port: number;
  /** Undefined, if it is not ours to restart. */
  readonly restart: ((downFor: number) => Promise<void>) | undefined;
  stop(): Promise<void>;
}

/** A kind of server that specs need, and that cannot be started on every machine. */
export class ServerKind {
  readonly name: string;
  readonly #start: () => Promise<FleetServer>;
  /** What came of the first start. */
  #outcome: { readonly error?: unknown } | undefined;
  #running: FleetServer | undefined;

  constructor(name: string, start: () => Promise<FleetServer>) {
    this.name = name;
    this.#start = start;
  }

  /**
   * Starts one for the specs of a `before` hook. If none can be started on this machine, skips them, and prints one line the first time;
   * with `CI` set, rejects.
   */
  async startFor(hook: Pick<Mocha.Context, "skip">): Promise<FleetServer> {
    if (this.#outcome?.error === undefined) {
      try {
        this.#running = await this.#start();
        this.#outcome = {};
        return this.#running;
      } catch (error) {
        // If one could be started before, the machine is not the cause.
        if (this.#outcome !== undefined || process.env.CI !== undefined) throw error;
        this.#outcome = { error };
        console.warn(`        SKIPPED, ALL THAT NEEDS ${this.name.toUpperCase()}: ${reasonOf(error)}`);
      }
    }
    return hook.skip();
  }

  /** Stops the one that was started for the specs, if there was one. */
  async stop(): Promise<void> {
    await this.#running?.stop();
    this.#running = undefined;
  }

  /** Skips the specs or rejects as `startFor` does, but starts none for them: they start their own in another process. */
  async requireFor(hook: Pick<Mocha.Context, "skip">): Promise<void> {
    if (this.#outcome !== undefined && this.#outcome.error === undefined) return;
    await this.startFor(hook);
    await this.stop();
  }

  /** Why none can be started on this machine, in one line; undefined, if one can. */
  async absence(): Promise<string | undefined> {
    try {
      await (await this.#start()).stop();
      return undefined;
    } catch (error) {
      return reasonOf(error);
    }
  }
}

/** The line of a message, which may be the log of a server, that says what is wrong. */
function reasonOf(error: unknown): string {
  const lines = (error instanceof Error ? error.message : String(error)).trim().split("\n");
  return lines.find((line) => /fatal|error/i.test(line)) ?? lines[0] ?? "";
}
