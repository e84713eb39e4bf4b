import { bootstrap, Named, Repeat, Retry, StaticBackoff, Worker } from "../../dist/index.js";
import { timed } from "../meters.mjs";

const count = 1_000;
const backoff = new StaticBackoff({ sleep: "1s" });

/** What it costs to find and check the workers of a thousand decorated classes, two methods each. */
export async function bootstrapping() {
  const classes = Array.from({ length: count }, (_, i) => decorated(i));
  const { value: runner, ms } = await timed(() => bootstrap(classes));
  if (runner.workers.length !== 2 * count) throw new Error(`${runner.workers.length} workers`);
  return { "bootstrap (ms)": ms };
}

/** As `experimentalDecorators` compiles it. */
function decorated(i) {
  class Service {
    poll() {}
    listen() {}
  }
  decorate(Service.prototype, "poll", [Repeat("1h"), Retry(backoff), Named("polls")]);
  decorate(Service.prototype, "listen", [Worker, Retry(backoff)]);
  Named(`service ${i}`)(Service);
  return Service;
}

function decorate(prototype, method, decorators) {
  const descriptor = Object.getOwnPropertyDescriptor(prototype, method);
  for (const decorator of decorators.toReversed()) decorator(prototype, method, descriptor);
}
