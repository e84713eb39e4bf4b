import { Inject } from "@nestjs/common";
import { Runner } from "../index.js";

/**
 * Injects the {@link Runner} of the application into a constructor parameter or a property: for `status()`, `trigger`, `pause`,
 * `add` and the other commands. Every module may inject it. It has no workers in a constructor yet: they are added when the
 * application has been bootstrapped.
 */
export function InjectRunner(): ParameterDecorator & PropertyDecorator {
  return Inject(Runner);
}
