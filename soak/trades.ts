import { type DeclarativeWorkerOptions, ExponentialBackoff, type Schedule } from "watchbill";
import type { Role } from "./actor.js";
import type { Chance, Weighted } from "./chance.js";
import { doze, errand, fail, hang, overrun, patrol, succeed, work } from "./fates.js";

/** How a worker is declared, but for its name and its code. */
export type Declared = Omit<DeclarativeWorkerOptions, "name" | "job" | "worker">;

/** What a single worker does, and how it is declared. One that is not repeated is continuous. */
export interface Trade {
  readonly role: Role;
  readonly declare: (chance: Chance) => Declared;
}

export const backoff = new ExponentialBackoff({ initial: "20ms", max: "500ms", jitterProportion: 0.5 });

/** In ms. */
export const limit = 150;

/** How often a job is run, in ms. */
export function intervalBy(chance: Chance): number {
  return chance.int(200, 1_500);
}

function repeated(chance: Chance): Declared {
  const jitter = chance.oneIn(4) ? 50 : 0;
  return { repeat: { interval: intervalBy(chance), startImmediately: chance.oneIn(2), jitter }, retry: backoff };
}

/** A schedule that is not cron's: it follows the wall clock all the same. */
function every(ms: number): Schedule {
  return { next: (after) => new Date((Math.floor(after.getTime() / ms) + 1) * ms) };
}

const well: Role = {
  fates: [
    [succeed, 1],
    [work, 1],
  ],
  calm: work,
};

const deaf: Role = {
  fates: [
    [work, 12],
    [hang, 1],
  ],
  first: fail,
  calm: work,
};

/** The trades of those who stand alone, by their names. */
export const trades = {
  steady: { role: { fates: [[succeed, 1]], calm: succeed }, declare: repeated },
  busy: {
    role: {
      fates: [
        [work, 40],
        [overrun, 1],
      ],
      calm: work,
    },
    declare: repeated,
  },
  fickle: {
    role: {
      fates: [
        [work, 3],
        [fail, 1],
      ],
      first: fail,
      calm: work,
    },
    declare: repeated,
  },
  dozer: {
    role: {
      fates: [
        [work, 8],
        [doze, 1],
      ],
      first: fail,
      calm: work,
      limit,
    },
    declare: (chance) => ({ ...repeated(chance), timeout: limit }),
  },
  deaf: { role: deaf, declare: repeated },
  overdue: { role: { ...deaf, limit }, declare: (chance) => ({ ...repeated(chance), timeout: limit }) },
  dogged: {
    role: {
      fates: [
        [succeed, 2],
        [fail, 1],
      ],
      first: fail,
      calm: succeed,
    },
    declare: (chance) => ({ ...repeated(chance), retryJob: { backoff, maxAttempts: 3 } }),
  },
  scheduled: { role: well, declare: (chance) => ({ repeat: every(intervalBy(chance)), retry: backoff }) },
  beacon: { role: { fates: [[patrol, 1]], first: fail, calm: patrol }, declare: () => ({ retry: backoff }) },
  errand: {
    role: {
      fates: [
        [errand, 3],
        [fail, 1],
      ],
      first: fail,
      calm: patrol,
      completes: true,
    },
    declare: () => ({ retry: backoff, restart: "on-failure" }),
  },
  /** Is given up after a few failures, which takes down what is around it. */
  limited: {
    role: {
      fates: [
        [work, 1],
        [fail, 1],
      ],
      first: fail,
      calm: work,
    },
    declare: (chance) => ({ ...repeated(chance), retry: { backoff, maxRestarts: 3 } }),
  },
} as const satisfies Record<string, Trade>;

export type TradeName = keyof typeof trades;

/** How many of each there are, in proportion; none of those who would take all down. */
export const shares: readonly Weighted<TradeName>[] = [
  ["steady", 6],
  ["busy", 6],
  ["fickle", 4],
  ["dozer", 4],
  ["deaf", 2],
  ["overdue", 2],
  ["dogged", 3],
  ["scheduled", 3],
  ["beacon", 6],
  ["errand", 2],
];
