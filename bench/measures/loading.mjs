import { timed } from "../resource-usage.mjs";

const watchbill = "../../dist/index.js";

/** Measures how long the import of a package takes. The process must not have loaded any part of it. */
export async function importPackage(peer) {
  const { ms } = await timed(() => import(peer === "watchbill" ? watchbill : peer));
  return { "import (ms)": ms };
}

/** Measures how long `bootstrap` takes to find and validate the workers of 1,000 decorated classes with two methods each. */
export async function bootstrapClasses() {
  const library = await import(watchbill);
  const backoff = new library.StaticBackoff({ sleep: "1s" });
  const classes = Array.from({ length: 1_000 }, (_, i) => decoratedClass(library, backoff, i));
  const { value: runner, ms } = await timed(() => library.bootstrap(classes));
  if (runner.workers.length !== 2_000) throw new Error(`bootstrap found ${runner.workers.length} workers instead of 2000`);
  return { "bootstrap (ms)": ms };
}

/** Applies the decorators as the output of `experimentalDecorators` does. */
function decoratedClass({ Named, Repeat, Retry, Worker }, backoff, i) {
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
