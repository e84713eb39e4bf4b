import { inspect } from "node:util";
import { runInNewContext } from "node:vm";
import fc from "fast-check";

/** Creates values of one kind. Generates functions, since fast-check itself reads generated values. */
export type Make<Value> = () => Value;

function refuse(): never {
  throw new Error("not to be looked at");
}

const traps = [
  "get",
  "set",
  "has",
  "ownKeys",
  "getPrototypeOf",
  "getOwnPropertyDescriptor",
  "defineProperty",
  "isExtensible",
  "apply",
] as const satisfies readonly (keyof ProxyHandler<object>)[];

const long = "long ".repeat(100_000);

/** An object whose traps all throw. */
export function untouchable(target: object = {}): object {
  return new Proxy(target, Object.fromEntries(traps.map((trap) => [trap, refuse])));
}

function revoked(target: object): object {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
}

/** Values in place of a text: a name, a message, a stack. */
const oddTexts: readonly Make<PropertyDescriptor>[] = [
  () => ({ get: refuse }),
  () => ({ value: { toString: refuse, [Symbol.toPrimitive]: refuse } }),
  () => ({ value: untouchable() }),
  ...[42, Number.NaN, undefined, null, Symbol("s"), {}, [], 10n ** 400n, "", long, "one\ntwo\r\u001b[2J", "    at x (y:1:1)"].map(
    (value: unknown) => () => ({ value }),
  ),
];

type Executor = ConstructorParameters<typeof Promise<unknown>>[0];

class SpeciesThrows extends Promise<unknown> {
  static override get [Symbol.species](): never {
    return refuse();
  }
}

/** Calls of `then` succeed, but their results cannot be settled. */
class SpeciesCannotSettle extends Promise<unknown> {
  static override get [Symbol.species](): PromiseConstructor {
    return CannotSettle as never;
  }
}

class CannotSettle {
  constructor(executor: (resolve: () => never, reject: () => never) => void) {
    executor(refuse, refuse);
  }
}

/** Promises for which Node's `then`, and so `await`, cannot determine the class of the next promise. */
const oddPromises: readonly ((executor: Executor) => Promise<unknown>)[] = [
  (executor) => new SpeciesThrows(executor),
  (executor) => Object.defineProperty(new Promise(executor), "constructor", { get: refuse, configurable: true }),
  (executor) => Object.defineProperty(new Promise(executor), "constructor", { value: untouchable(), configurable: true }),
  (executor) => Object.setPrototypeOf(new Promise(executor), null),
];

/** The same, but frozen, so that only their creator can handle their rejection. */
const fixedOddPromises: readonly ((executor: Executor) => Promise<unknown>)[] = [
  (executor) => Object.freeze(new SpeciesThrows(executor)),
  (executor) => Object.defineProperty(new Promise(executor), "constructor", { get: refuse }),
  // For a rejection, Node itself reads a property of the value, and prints what that throws.
  (executor) => Object.setPrototypeOf(new Promise(executor), untouchable()),
];

const nonErrors: readonly Make<unknown>[] = [
  ...traps.map((trap) => () => new Proxy(new Error("behind a proxy"), { [trap]: refuse })),
  ...traps.map((trap) => () => new Proxy(() => {}, { [trap]: refuse })),
  () => untouchable(),
  () => untouchable([]),
  () => revoked({}),
  () => revoked([]),
  () => revoked(() => {}),
  () => revoked(new Error("revoked")),
  () => ({ [inspect.custom]: refuse }),
  () => ({ [inspect.custom]: () => long }),
  () => Object.defineProperty({}, inspect.custom, { get: refuse }),
  () => Object.defineProperty({}, "message", { get: refuse, enumerable: true }),
  // biome-ignore lint/suspicious/noThenProperty: a thenable is the subject
  () => ({ then: refuse }),
  // biome-ignore lint/suspicious/noThenProperty: a thenable is the subject
  () => Object.defineProperty({}, "then", { get: refuse }),
  () => ({
    // biome-ignore lint/suspicious/noThenProperty: a thenable is the subject
    then: (resolve: () => void, reject: (reason: unknown) => void) => [reject(untouchable()), resolve(), reject(1)],
  }),
  // biome-ignore lint/suspicious/noThenProperty: a thenable is the subject
  () => Object.defineProperty(Promise.resolve(), "then", { value: refuse }),
  ...[...oddPromises, ...fixedOddPromises].map((make) => () => make((resolve) => resolve("done"))),
  () => ({ constructor: untouchable() }),
  () => ({ [Symbol.toStringTag]: 5, toString: refuse, toJSON: refuse }),
  () => Object.create(untouchable()),
  () => Object.setPrototypeOf(() => {}, null),
  () => Object.assign(Object.create(null), { a: 1 }),
  () => {
    const cycle: { self?: unknown } = {};
    cycle.self = cycle;
    return [cycle, cycle];
  },
  () => Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`key${i}`, { i, deep: { er: { still: {} } } }])),
  () =>
    Object.fromEntries([
      ["__proto__", 1],
      ["constructor", 2],
      [long, 3],
    ]),
  () => long,
  () => Symbol(long),
  () => 10n ** 5_000n,
  () => -0,
  () => Number.NaN,
  () => undefined,
  () => null,
  () => new Uint8Array(1_000_000),
  () => Object(long),
  () => new Date(Number.NaN),
  () => Object.assign(new Date(0), { toISOString: refuse, getTime: refuse }),
  () => new Map([[untouchable(), untouchable()]]),
  () => Array.from({ length: 2 ** 16 }),
];

/** Values that are not errors, and that throw, lie or are huge when they are read. */
export const hostileNonErrors = (): fc.Arbitrary<Make<unknown>> =>
  fc.oneof(
    fc.constantFrom(...nonErrors),
    fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true }).map((value) => () => value),
  );

const errors: readonly Make<Error>[] = [
  () => new Error("no luck"),
  () => new TypeError(""),
  () => new AggregateError([new Error("a"), untouchable()], "several"),
  () => new DOMException("aborted", "AbortError"),
  () => runInNewContext("new Error('of another realm')"),
  () => Object.setPrototypeOf(new Error("without a prototype"), null),
  () => Object.setPrototypeOf(new Error("with a hostile prototype"), untouchable()),
  () => Object.create(Error.prototype),
];

/** Errors with arbitrary parts, whose causes and errors can be hostile too. */
export const hostileErrors = (): fc.Arbitrary<Make<Error>> =>
  fc
    .record({
      make: fc.constantFrom(...errors),
      parts: fc.dictionary(fc.constantFrom("message", "name", "stack", "code", "status", "errno"), fc.constantFrom(...oddTexts)),
      cause: fc.option(fc.oneof(hostileNonErrors(), fc.constantFrom("itself" as const, "a chain" as const)), { nil: undefined }),
      held: fc.option(fc.oneof(hostileNonErrors(), fc.array(hostileNonErrors(), { maxLength: 3 })), { nil: undefined }),
      inspects: fc.constantFrom<PropertyDescriptor | undefined>(undefined, { value: refuse }, { get: refuse }),
    })
    .map(({ make, parts: { stack, ...parts }, cause, held, inspects }) => () => {
      const error = make();
      const define = (key: PropertyKey, descriptor: PropertyDescriptor): void => {
        try {
          Object.defineProperty(error, key, { configurable: true, ...descriptor });
        } catch {
          // V8 creates the stack, with the name and the message, before it is replaced; these can be hostile by their prototype.
        }
      };
      if (stack !== undefined) define("stack", stack());
      for (const [key, descriptor] of Object.entries(parts)) define(key, descriptor());
      if (cause === "itself") define("cause", { value: error });
      else if (cause === "a chain") define("cause", { value: chainOf(1_000) });
      else if (cause !== undefined) define("cause", { value: cause() });
      if (Array.isArray(held)) define("errors", { value: [error, ...held.map((each) => each()), error] });
      else if (held !== undefined) define("errors", { value: held() });
      if (inspects !== undefined) define(inspect.custom, inspects);
      return error;
    });

function chainOf(length: number): Error {
  let error = new Error("the root");
  for (let i = 0; i < length; i++) error = new Error(`link ${i}`, { cause: error });
  return error;
}

/**
 * Promises that reject, which ends the process if they are not handled. An async function must not return one of an unusual
 * class: the engine itself fails to adopt it, and leaves its rejection unhandled.
 */
export const hostileRejections = (): fc.Arbitrary<Make<Promise<unknown>>> =>
  fc
    .tuple(
      fc.constantFrom<(executor: Executor) => Promise<unknown>>(
        ...oddPromises,
        (executor) => new SpeciesCannotSettle(executor),
        (executor) => new Promise(executor),
        // biome-ignore lint/suspicious/noThenProperty: a thenable is the subject
        (executor) => Object.defineProperty(new Promise(executor), "then", { value: refuse }),
      ),
      hostileValues(),
    )
    .map(
      ([make, reason]) =>
        () =>
          make((_, reject) => reject(reason())),
    );

/** Any value that foreign code can throw, pass or return. */
export const hostileValues = (): fc.Arbitrary<Make<unknown>> => fc.oneof(hostileErrors(), hostileNonErrors());
