/** The names of peers that differ from the name of their file. */
export const labels = { "set-interval": "setInterval", effect: "Effect" };

export const packages = ["watchbill", "toad-scheduler", "effect", "node-cron", "croner", "p-retry"];
const repeatingPeers = ["watchbill", "set-interval", "toad-scheduler", "effect", "node-cron", "croner"];
/** The peers that support intervals below a second. */
const subSecondPeers = ["watchbill", "set-interval", "toad-scheduler", "effect"];

/** How many workers wait for an hour. */
export const counts = [1_000, 10_000, 100_000, 1_000_000];
const loads = [
  { count: 1_000, interval: 20, peers: subSecondPeers },
  { count: 10_000, interval: 100, peers: subSecondPeers },
  // The shortest interval of a cron package.
  { count: 10_000, interval: 1_000, peers: repeatingPeers },
];

/** Every measurement: the measure, the peer, and the parameters. */
export const measurements = [
  ...counts.flatMap((count) => repeatingPeers.map((peer) => ({ measure: "scale", peer, parameters: { count } }))),
  ...loads.flatMap(({ peers, ...load }) =>
    ["async", "sync"].flatMap((kind) => peers.map((peer) => ({ measure: "runs", peer, parameters: { ...load, kind } }))),
  ),
  ...subSecondPeers.map((peer) => ({ measure: "lateness", peer, parameters: { count: 10_000, interval: 100 } })),
  ...subSecondPeers.map((peer) => ({ measure: "drift", peer, parameters: {} })),
  ...["watchbill", "set-interval", "effect", "p-retry"].map((peer) => ({ measure: "attempt", peer, parameters: {} })),
  ...packages.map((peer) => ({ measure: "import", peer, parameters: {} })),
  { measure: "bootstrap", peer: "watchbill", parameters: {} },
];
