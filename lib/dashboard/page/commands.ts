import { signal } from "@preact/signals-core";
import type { Command } from "../api.js";
import { visible, workers } from "./words.js";

/** What the page has to say: the outcome of a command, or why it was refused. */
export interface Notice {
  readonly id: number;
  readonly text: string;
  readonly isError: boolean;
}

export const notices = signal<readonly Notice[]>([]);

let lastId = 0;

export function notify(text: string, isError = false): void {
  const id = ++lastId;
  notices.value = [...notices.peek().slice(-4), { id, text, isError }];
  if (!isError) setTimeout(() => dismiss(id), 6_000);
}

export function dismiss(id: number): void {
  notices.value = notices.peek().filter((notice) => notice.id !== id);
}

/** What to do when the server answers with a redirect to a login. */
export const signedOut = "You are signed out: reload the page to sign in";

const participles: Record<Command, string> = { trigger: "Triggered", pause: "Paused", resume: "Resumed", restart: "Restarted" };

/** Sends a command to workers by name, and says what became of it. */
export async function commandWorkers(command: Command, names: readonly string[], reason = ""): Promise<void> {
  const outcome: Outcome = { workers: [], refused: [], leftOut: [] };
  for (const parameters of chunks(names)) {
    const { error, workers, refused, leftOut } = await post(command, parameters, reason);
    if (error) return notify(error, true);
    outcome.workers.push(...workers);
    outcome.refused.push(...refused);
    outcome.leftOut.push(...leftOut);
  }
  report(command, outcome);
}

/** Sends a command to all workers that match a pattern. */
export async function commandMatching(command: Command, pattern: string, reason: string): Promise<void> {
  const answer = await post(command, `match=${encode(pattern)}&`, reason);
  if (answer.error) notify(answer.error, true);
  else report(command, answer);
}

interface Omission {
  worker: string;
  error: string;
}

interface Outcome {
  workers: string[];
  refused: Omission[];
  leftOut: Omission[];
}

function report(command: Command, { workers: names, refused, leftOut }: Outcome): void {
  const others = [...refused, ...leftOut];
  const [first] = others;
  if (first === undefined || names.length > 0) notify(`${participles[command]} ${nameOrCount(names)}`);
  if (first !== undefined)
    notify((others.length > 1 ? `Left out ${workers(others.length)}, such as: ` : "") + visible(first.error), true);
}

/** The name of one worker, or how many there are. */
export function nameOrCount(names: readonly string[]): string {
  return names.length === 1 ? visible(names[0] ?? "") : workers(names.length);
}

/** Encodes a name; one that is not well-formed Unicode cannot be in a URL. */
export function encode(name: string): string {
  return encodeURIComponent(name.toWellFormed());
}

/** Parameters for the names, as many as fit into a URL that every server accepts. */
function chunks(names: readonly string[]): string[] {
  const all = [""];
  for (const name of names) {
    const parameter = `name=${encode(name)}&`;
    const last = all.length - 1;
    const text = all[last] + parameter;
    if (text.length < 4_000) all[last] = text;
    else all.push(parameter);
  }
  return all.filter(Boolean);
}

/** @param parameters each with an `&` at its end */
async function post(command: Command, parameters: string, reason: string): Promise<Outcome & { error?: string }> {
  const answer = { workers: [], refused: [], leftOut: [] };
  try {
    // A login page is not an answer to a command.
    const response = await fetch(`api/commands/${command}?${parameters}${reason && `reason=${encode(reason)}`}`, {
      method: "POST",
      headers: { "x-watchbill": "1" },
      redirect: "manual",
    });
    if (response.type === "opaqueredirect") return { ...answer, error: signedOut };
    const body: (Partial<Outcome> & { command?: string; error?: string }) | undefined = await response
      .json()
      .catch(() => undefined);
    if (response.status === 202 && body?.command !== undefined) return { ...answer, ...body };
    return { ...answer, error: visible(body?.error ?? `The server answered ${response.status}`) };
  } catch {
    return { ...answer, error: "The command was not sent: the process does not answer" };
  }
}
