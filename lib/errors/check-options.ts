import { InvalidArgumentError } from "./invalid-argument-error.js";
import { nearestNames } from "./nearest-names.js";
import { cutText, describeKind } from "./show-value.js";

/**
 * A copy of the options, once they are known to be an object that can be read and has no option that does not exist. Options that
 * are inherited are in it, those that are undefined are not.
 * @param subject for the message, such as `"@Repeat"`
 * @param known every option that there is
 * @throws InvalidArgumentError if it is not an object, has an option that is not known, with the nearest that is, or throws when
 * it is read, with what it throws as the `cause`
 */
export function checkOptions<Options extends object>(subject: string, options: Options, known: readonly string[]): Options;
export function checkOptions(subject: string, options: unknown, known: readonly string[]): Readonly<Record<string, unknown>>;
export function checkOptions(subject: string, options: unknown, known: readonly string[]): object {
  const { read, problems } = readOptions(subject, options, known);
  const [problem] = problems;
  if (problem !== undefined) throw problem;
  return read;
}

/** The options that can be read and are known, as in {@link checkOptions}, and everything that is wrong with the others. */
export interface ReadOptions<Options> {
  readonly read: Options;
  readonly problems: readonly InvalidArgumentError[];
}

export function readOptions<Options extends object>(
  subject: string,
  options: Options,
  known: readonly string[],
): ReadOptions<Options>;
export function readOptions(subject: string, options: unknown, known: readonly string[]): ReadOptions<object>;
export function readOptions(subject: string, options: unknown, known: readonly string[]): ReadOptions<object> {
  const read: Record<string, unknown> = {};
  const problems: InvalidArgumentError[] = [];
  const attempt = (what: string, act: () => void): void => {
    try {
      act();
    } catch (cause) {
      problems.push(new InvalidArgumentError(`${what} cannot be read: pass a plain object`, { cause }));
    }
  };
  attempt(`The options of ${subject}`, () => {
    if (!isRecord(options)) {
      problems.push(new InvalidArgumentError(`The options of ${subject} are ${describeKind(options)}: pass an object`));
      return;
    }
    for (const key of Object.keys(options)) if (!known.includes(key)) problems.push(unknownOption(subject, key, known));
    for (const option of known) {
      attempt(`The option ${option} of ${subject}`, () => {
        const value = options[option];
        if (value !== undefined) read[option] = value;
      });
    }
  });
  return { read, problems };
}

function unknownOption(subject: string, key: string, known: readonly string[]): InvalidArgumentError {
  return new InvalidArgumentError(`${subject} has no option "${cutText(key, 100)}": ${nearestNames(key, known)}`);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * A property of an object that may have any others, such as a context.
 * @param subject for the message, such as `"The signal of wait"`
 * @throws InvalidArgumentError if it throws when it is read, with what it throws as the `cause`
 */
export function checkReadable(subject: string, object: object, key: string): unknown {
  try {
    return Reflect.get(object, key);
  } catch (cause) {
    throw new InvalidArgumentError(`${subject} cannot be read: pass a plain object`, { cause });
  }
}
