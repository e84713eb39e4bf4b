/*
 * A class that configures its workers itself, for when they are known only at run time: one per region here.
 *
 *     node --import tsx samples/configurer.ts
 */
import { bootstrap, DeclarativeWorker, type WorkerConfigurer } from "watchbill";

interface Region {
  readonly name: string;
  readonly interval: number;
}

class Fetcher implements WorkerConfigurer {
  readonly #regions: readonly Region[];
  #fetched = 0;

  constructor(regions: readonly Region[]) {
    this.#regions = regions;
  }

  // Asked once, by bootstrap. Each worker's name is put under the class's: "Fetcher/eu".
  workers() {
    return this.#regions.map(
      ({ name, interval }) =>
        new DeclarativeWorker({
          name,
          job: () => this.#fetch(name),
          repeat: { interval, startImmediately: true },
        }),
    );
  }

  #fetch(region: string): void {
    console.log(`fetched ${region}`);
    if (++this.#fetched === this.#regions.length) void runner.stop();
  }
}

// Read from a file or a database, say. A class whose constructor takes arguments is given as an instance.
const regions: Region[] = [
  { name: "eu", interval: 60_000 },
  { name: "us", interval: 30_000 },
  { name: "ap", interval: 90_000 },
];
const runner = bootstrap([new Fetcher(regions)]);

for (const { name, repeat } of runner.workers) console.log(`${name} every ${repeat?.interval} ms`);
await runner.run();
