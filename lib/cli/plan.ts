import { writeFile } from "node:fs/promises";
import type { Duration } from "../index.js";
import type { SimulationOptions } from "../testing/testing.js";
import { printLints } from "./check.js";
import { CommandError, exitCodes } from "./exit-codes.js";
import { lint } from "./lints.js";
import { loadWorkers } from "./module-workers.js";
import { printable } from "./table.js";
import type { Terminal } from "./terminal.js";

export interface PlanOptions {
  readonly for: string;
  readonly start?: string | undefined;
  readonly timezone?: string | undefined;
  readonly seed?: number | undefined;
  /** `pattern=value` each, as those below. */
  readonly takes?: readonly string[] | undefined;
  readonly outage?: readonly string[] | undefined;
  readonly fails?: readonly string[] | undefined;
  readonly hangs?: readonly string[] | undefined;
  readonly slow?: readonly string[] | undefined;
  readonly replicas?: number | undefined;
  /** `replica=time` each. */
  readonly kill?: readonly string[] | undefined;
  readonly freeze?: readonly string[] | undefined;
  readonly deploy?: readonly string[] | undefined;
  /** The file that the picture is written to. */
  readonly svg?: string | undefined;
  readonly maxAtOnce: number;
  readonly json?: boolean | undefined;
}

/** Simulates the workers of a module, without their code: shows what they would do, and what is probably not meant. */
export async function plan(module: string, options: PlanOptions, terminal: Terminal): Promise<number> {
  // Loaded only here: no other command needs it.
  const { simulate } = await import("../testing/testing.js");
  const loaded = await loadWorkers(module);
  const { runner } = loaded;
  const day = await simulate(runner, simulationOptions(options, runner.shutdownTimeout));
  if (options.svg !== undefined) await writePicture(options.svg, day.toSVG());
  if (options.json === true) {
    terminal.printJson(day);
    return exitCodes.ok;
  }
  terminal.print(day.toText().trimEnd());
  const { timeline } = day;
  printLints(await lint(loaded, { now: timeline.start, maxAtOnce: options.maxAtOnce, day: timeline }), terminal);
  if (options.svg !== undefined) terminal.complain(`${printable(options.svg)}: written`);
  return exitCodes.ok;
}

function simulationOptions(options: PlanOptions, shutdownTimeout: number): SimulationOptions {
  const { start, timezone, seed, takes, outage, fails, hangs, slow, replicas, kill, freeze, deploy } = options;
  return {
    for: durationOf("for", options.for),
    start,
    timezone,
    seed,
    takes: pairs("takes", takes, takesOf),
    outages: grouped("outage", outage),
    fails: pairs("fails", fails, Number),
    hangs: pairs("hangs", hangs, Number),
    slow: pairs("slow", slow, Number),
    replicas,
    kill: pairs("kill", kill, String),
    freeze: pairs("freeze", freeze, String),
    deploy,
    bootstrap: { shutdownTimeout },
  };
}

/** `"2s"`, or the range `"1s-3s"`. */
function takesOf(text: string): Duration | readonly Duration[] {
  const [from = "", to] = text.split("-");
  return to === undefined ? durationOf("takes", from) : [durationOf("takes", from), durationOf("takes", to)];
}

function durationOf(option: string, text: string): Duration {
  if (isDuration(text)) return text;
  throw new CommandError(
    exitCodes.usage,
    `--${option} has ${printable(text)}: use a number and one of ms, s, m, h, d, such as 12h`,
  );
}

function isDuration(text: string): text is Extract<Duration, string> {
  return /^\d+(\.\d+)?(ms|s|m|h|d)$/.test(text);
}

function pairs<Value>(
  option: string,
  texts: readonly string[] | undefined,
  parse: (text: string) => Value,
): Record<string, Value> | undefined {
  if (texts === undefined) return undefined;
  return Object.fromEntries(texts.map((text) => split(option, text)).map(([key, value]) => [key, parse(value)]));
}

/** A pattern may be named several times. */
function grouped(option: string, texts: readonly string[] | undefined): Record<string, string[]> | undefined {
  if (texts === undefined) return undefined;
  const groups = new Map<string, string[]>();
  for (const [key, value] of texts.map((text) => split(option, text))) groups.set(key, [...(groups.get(key) ?? []), value]);
  return Object.fromEntries(groups);
}

function split(option: string, text: string): [key: string, value: string] {
  const at = text.lastIndexOf("=");
  if (at > 0 && at < text.length - 1) return [text.slice(0, at), text.slice(at + 1)];
  const example =
    option === "kill" || option === "freeze" ? "1=04:10" : option === "outage" ? "'github/*=02:00-03:00'" : "'github/*=2'";
  throw new CommandError(
    exitCodes.usage,
    `--${option} is ${printable(text)}: use a name and a value, such as --${option} ${example}`,
  );
}

async function writePicture(file: string, svg: string): Promise<void> {
  try {
    await writeFile(file, svg);
  } catch (error) {
    const { message } = error instanceof Error ? error : { message: String(error) };
    throw new CommandError(exitCodes.usage, `The picture cannot be written to ${printable(file)}: ${printable(message)}`);
  }
}
