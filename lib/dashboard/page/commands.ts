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
  const outcome: Outcome = { workers: [], refused: [] };
  // A name with a star would be a pattern, and match more than itself.
  const isSingle = (name: string): boolean => names.length === 1 || name.includes("*");
  for (const worker of names.filter(isSingle)) {
    const { error } = await post(`api/workers/${encode(worker)}/${command}?`, reason);
    outcome.workers.push(worker);
    if (error) outcome.refused.push({ worker, error });
  }
  for (const matches of chunks(names.filter((name) => !isSingle(name)))) {
    const { error, workers, refused } = await post(`api/commands/${command}?${matches}`, reason);
    if (error) return notify(error, true);
    outcome.workers.push(...workers);
    outcome.refused.push(...refused);
  }
  report(command, outcome);
}

/** Sends a command to all workers that match a pattern. */
export async function commandMatching(command: Command, pattern: string, reason: string): Promise<void> {
  const answer = await post(`api/commands/${command}?match=${encode(pattern)}&`, reason);
  if (answer.error) notify(answer.error, true);
  else report(command, answer);
}

interface Outcome {
  workers: string[];
  refused: { worker: string; error: string }[];
}

function report(command: Command, { workers: names, refused }: Outcome): void {
  const failed = new Set(refused.map(({ worker }) => worker));
  const accepted = names.filter((name) => !failed.has(name));
  const [first] = refused;
  if (first === undefined || accepted.length > 0) notify(`${participles[command]} ${nameOrCount(accepted)}`);
  if (first !== undefined) {
    const who = refused.length > 1 ? `${workers(refused.length)} refused to ${command}, such as ${visible(first.worker)}: ` : "";
    notify(who + first.error, true);
  }
}

/** The name of one worker, or how many there are. */
export function nameOrCount(names: readonly string[]): string {
  return names.length === 1 ? visible(names[0] ?? "") : workers(names.length);
}

/** Encodes a name; one that is not well-formed Unicode cannot be in a URL. */
function encode(name: string): string {
  return encodeURIComponent(name.toWellFormed());
}

/** Parameters for the names, as many as fit into a URL that every server accepts. */
function chunks(names: readonly string[]): string[] {
  const all = [""];
  for (const name of names) {
    const parameter = `match=${encode(name)}&`;
    const last = all.length - 1;
    const text = all[last] + parameter;
    if (text.length < 4_000) all[last] = text;
    else all.push(parameter);
  }
  return all.filter(Boolean);
}

/** @param url that a parameter can be appended to */
async function post(url: string, reason: string): Promise<Outcome & { error?: string }> {
  const answer = { workers: [], refused: [] };
  try {
    // A login page is not an answer to a command.
    const response = await fetch(reason === "" ? url : `${url}reason=${encode(reason)}`, {
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
