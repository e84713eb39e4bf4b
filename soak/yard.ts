import type { Faults } from "./faults.js";
import type { Ledger } from "./ledger.js";
import type { LoopClock } from "./loop-clock.js";
import type { Remains } from "./remains.js";
import type { Weather } from "./weather.js";

/** What everybody in a soak has in common. */
export interface Yard {
  readonly clock: LoopClock;
  readonly faults: Faults;
  readonly ledger: Ledger;
  readonly weather: Weather;
  readonly remains: Remains;
}
