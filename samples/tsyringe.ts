/*
 * Instances from a dependency injection container, here tsyringe. Any other fits the same way: by one function.
 *
 *     node --import tsx samples/tsyringe.ts
 */
import "reflect-metadata";
import { container, instanceCachingFactory } from "tsyringe";
import { bootstrap, Repeat } from "watchbill";

class Mailer {
  send(to: string): void {
    console.log(`mail to ${to}`);
  }
}

class Newsletter {
  readonly #mailer: Mailer;
  readonly #readers = ["ada", "grace", "barbara"];

  constructor(mailer: Mailer) {
    this.#mailer = mailer;
  }

  @Repeat("20ms")
  sendNext() {
    const reader = this.#readers.shift();
    if (reader !== undefined) this.#mailer.send(`${reader}@example.org`);
    if (this.#readers.length === 0) void runner.stop();
  }
}

// With a factory no decorator of tsyringe's is needed, nor the experimentalDecorators that those ask for.
container.register(Newsletter, {
  useFactory: instanceCachingFactory((dependencies) => new Newsletter(dependencies.resolve(Mailer))),
});

// The one line that matters. Bootstrap asks once for each class, and tells what the container cannot make.
const runner = bootstrap([Newsletter], { resolve: (type) => container.resolve(type) });
await runner.run();
