import type { FakeMethod, install } from "@sinonjs/fake-timers";
import { InvalidArgumentError } from "../index.js";
import { VirtualImmediates } from "./virtual-immediates.js";

/** What is faked: everything by which code waits or reads the time, but not the order of microtasks. */
const faked: FakeMethod[] = ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "Date", "performance", "hrtime"];

/** The longest delay of a Node timer is 24.8 days. */
const longestLeg = 20 * 86_400_000;

/** After so many timers, the real event loop has its turn: for signals, and for unhandled rejections. */
const timersPerTurn = 5_000;

/** Tells the library that this clock is never set, so that it need not look for that once a minute. */
const steadyClock = Symbol.for("watchbill:steadyClock");

const realSetImmediate = globalThis.setImmediate;

/** Whether one is installed. There is one clock in a process, and so one simulation at a time. */
let isInstalled = false;

/**
 * The virtual clock of a process: replaces the timers, `Date` and the time zone while it is installed. Time stands still but in
 * {@link advance}.
 */
export class VirtualClock {
  readonly #clock: ReturnType<typeof install>;
  readonly #immediates = new VirtualImmediates();
  readonly #timezone: string | undefined;
  #timers = 0;

  /**
   * @param start in ms since the epoch, computed in the time zone
   * @param timezone an IANA name
   * @throws InvalidArgumentError if timers are faked already, the time zone does not exist, or `@sinonjs/fake-timers` is not
   * installed
   */
  static async install(start: () => number, timezone: string): Promise<VirtualClock> {
    if (isInstalled) throw new InvalidArgumentError("Another simulation is under way in this process: await it before the next");
    if ("clock" in globalThis.setTimeout)
      throw new InvalidArgumentError("Fake timers are installed already: restore them before simulate()");
    checkTimezone(timezone);
    isInstalled = true;
    try {
      return new VirtualClock(await loadInstall(), start, timezone);
    } catch (error) {
      isInstalled = false;
      throw error;
    }
  }

  private constructor(installTimers: typeof install, start: () => number, timezone: string) {
    this.#timezone = process.env.TZ;
    process.env.TZ = timezone;
    try {
      this.#clock = installTimers({ now: start(), toFake: faked });
      Reflect.set(this.#clock, steadyClock, true);
      this.#immediates.install();
    } catch (error) {
      this.#restoreTimezone();
      throw error;
    }
  }

  /** In ms since the epoch. */
  get now(): number {
    return this.#clock.now;
  }

  /**
   * Advances the time from timer to timer, and lets all that follows from each come to rest before the next.
   * @param onTimer called before each timer; may wait for something real, and end the advance by throwing
   */
  async advance(ms: number, onTimer: () => Promise<void> | undefined = () => undefined): Promise<void> {
    for (let left = ms; left > 0; left -= longestLeg) await this.#advanceLeg(Math.min(left, longestLeg), onTimer);
  }

  async #advanceLeg(ms: number, onTimer: () => Promise<void> | undefined): Promise<void> {
    let isOver = false;
    await this.#settle();
    const end = this.#clock.setTimeout(() => (isOver = true), ms);
    try {
      while (!isOver) {
        const waiting = onTimer();
        if (waiting !== undefined) {
          await waiting;
          await this.#settle();
        }
        // Code that sets one immediate after another must not stop the time.
        if (this.#immediates.isEmpty) this.#clock.next();
        else this.#clock.tick(1);
        // Written out, as it is most of what a simulation waits for.
        await microtasks();
        if (this.#immediates.runPending()) await this.#settle();
        if (++this.#timers % timersPerTurn === 0) await turnOfEventLoop();
      }
    } finally {
      this.#clock.clearTimeout(end);
    }
  }

  /** Lets everything come to rest that happens at this time. */
  async #settle(): Promise<void> {
    do await microtasks();
    while (this.#immediates.runPending());
  }

  uninstall(): void {
    this.#immediates.uninstall();
    this.#clock.uninstall();
    this.#restoreTimezone();
    isInstalled = false;
  }

  #restoreTimezone(): void {
    if (this.#timezone === undefined) delete process.env.TZ;
    else process.env.TZ = this.#timezone;
  }
}

/** A turn of the real event loop. */
export function turnOfEventLoop(): Promise<void> {
  return new Promise((resolve) => {
    realSetImmediate(resolve);
  });
}

/** Resolves when no microtask is left: Node runs its ticks after them. */
function microtasks(): Promise<void> {
  return new Promise((resolve) => {
    process.nextTick(resolve);
  });
}

/** Loaded when a simulation begins, so that the rest of `watchbill/testing` does not need it. */
async function loadInstall(): Promise<typeof install> {
  try {
    return (await import("@sinonjs/fake-timers")).install;
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND")) throw error;
    throw new InvalidArgumentError(
      "A simulation needs the package @sinonjs/fake-timers: npm install --save-dev @sinonjs/fake-timers@15",
      { cause: error },
    );
  }
}

function checkTimezone(timezone: string): void {
  try {
    new Intl.DateTimeFormat("en-US", { timeZone: timezone });
  } catch {
    throw new InvalidArgumentError(`timezone is ${JSON.stringify(timezone)}: use an IANA name, such as "Europe/Berlin"`);
  }
}
