/*
 * The smallest runner: a class, a decorator, run().
 *
 *     node --import tsx samples/hello-worker.ts
 */
import { bootstrap, Repeat, type WorkerContext } from "watchbill";

class Greeter {
  #greetings = 0;

  // Runs are 100 ms apart, counted from start to start, and never overlap.
  @Repeat("100ms", { startImmediately: true })
  greet({ name }: WorkerContext) {
    this.#greetings++;
    console.log(`Hello no. ${this.#greetings} from ${name}`);
    // A service would go on until Ctrl-C; a sample has to end.
    if (this.#greetings === 3) void runner.stop();
  }
}

// Starts nothing yet: first it makes sure that everything is in order.
const runner = bootstrap([Greeter]);
console.log("On duty:", runner.workers.map(({ name }) => name).join(", "));

await runner.run();
console.log("All have stopped");
