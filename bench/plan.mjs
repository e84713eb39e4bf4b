/** What peers are called where they are not called as their file is. */
export const labels = { "set-interval": "setInterval", effect: "Effect" };

const everyone = ["watchbill", "set-interval", "toad-scheduler", "effect", "node-cron", "croner"];
/** Those that know intervals below a second. */
const finer = ["watchbill", "set-interval", "toad-scheduler", "effect"];

/** Workers that wait for an hour. */
export const counts = [1_000, 10_000, 100_000, 1_000_000];
export const loads = [
  { count: 1_000, interval: 20, peers: finer },
  { count: 10_000, interval: 100, peers: finer },
  // As often as a cron package can.
  { count: 10_000, interval: 1_000, peers: everyone },
];

/** Everything that is measured: what, of whom, and with which parameters. */
export const plan = [
  ...counts.flatMap((count) => everyone.map((peer) => ({ measure: "scale", peer, parameters: { count } }))),
  ...loads.flatMap(({ peers, ...load }) =>
    ["async", "sync"].flatMap((kind) => peers.map((peer) => ({ measure: "runs", peer, parameters: { ...load, kind } }))),
  ),
  ...finer.map((peer) => ({ measure: "lateness", peer, parameters: { count: 10_000, interval: 100 } })),
  ...finer.map((peer) => ({ measure: "drift", peer, parameters: {} })),
  ...["watchbill", "set-interval", "effect", "p-retry"].map((peer) => ({ measure: "attempt", peer, parameters: {} })),
  ...["watchbill", "toad-scheduler", "effect", "node-cron", "croner", "p-retry"].map((peer) => ({
    measure: "importing",
    peer,
    parameters: {},
  })),
  { measure: "bootstrapping", peer: "watchbill", parameters: {} },
];
