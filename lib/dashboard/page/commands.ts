import { signal } from "@preact/signals";
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

const participles: Record<Command, string> = { trigger: "Triggered", pause: "Paused", resume: "Resumed", restart: "Restarted" };

/** Sends a command to workers by name, and says what became of it. */
export async function commandWorkers(command: Command, names: readonly string[], reason = ""): Promise<void> {
  const [first] = names;
  if (names.length === 1 && first !== undefined && first !== "." && first !== "..") {
    const answer = await post(`api/workers/${encode(first)}/${command}`, reason);
    return answer.ok ? notify(`${participles[command]} ${visible(first)}`) : notify(answer.error, true);
  }
  const outcome: Outcome = { workers: [], refused: [] };
  // A name with a star would be a pattern, and match more than itself.
  for (const name of names.filter((name) => name.includes("*"))) {
    const answer = await post(`api/workers/${encode(name)}/${command}`, reason);
    if (answer.ok) outcome.workers.push(name);
    else outcome.refused.push({ worker: name, error: answer.error });
  }
  for (const matches of chunks(names.filter((name) => !name.includes("*")))) {
    const answer = await post(`api/commands/${command}?${matches.join("&")}`, reason);
    if (!answer.ok) return notify(answer.error, true);
    outcome.workers.push(...answer.workers);
    outcome.refused.push(...answer.refused);
  }
  report(command, outcome);
}

/** Sends a command to all workers that match a pattern. */
export async function commandMatching(command: Command, pattern: string, reason: string): Promise<void> {
  const answer = await post(`api/commands/${command}?match=${encode(pattern)}`, reason);
  if (answer.ok) report(command, answer);
  else notify(answer.error, true);
}

interface Outcome {
  workers: string[];
  refused: { worker: string; error: string }[];
}

function report(command: Command, { workers: names, refused }: Outcome): void {
  const refusedNames = new Set(refused.map(({ worker }) => worker));
  const accepted = names.filter((name) => !refusedNames.has(name)).length;
  if (accepted > 0 || refused.length === 0) notify(`${participles[command]} ${workers(accepted)}`);
  const [first] = refused;
  if (first !== undefined)
    notify(`${workers(refused.length)} refused to ${command}. ${visible(first.worker)}: ${visible(first.error)}`, true);
}

/** Encodes a name; one that is not well-formed Unicode cannot be in a URL. */
function encode(name: string): string {
  return encodeURIComponent(name.toWellFormed());
}

/** Parameters for the names, as many as fit into a URL that every server accepts. */
function chunks(names: readonly string[]): string[][] {
  const all: string[][] = [];
  let length = Number.POSITIVE_INFINITY;
  for (const name of names) {
    const parameter = `match=${encode(name)}`;
    if ((length += parameter.length + 1) > 4_000) {
      all.push([]);
      length = parameter.length;
    }
    all.at(-1)?.push(parameter);
  }
  return all;
}

type Answer = ({ ok: true } & Outcome) | { ok: false; error: string };

async function post(url: string, reason: string): Promise<Answer> {
  const separator = url.includes("?") ? "&" : "?";
  const target = reason === "" ? url : `${url}${separator}reason=${encode(reason)}`;
  try {
    const response = await fetch(target, { method: "POST", headers: { "x-watchbill": "1" } });
    const body: { error?: string; nearest?: unknown; workers?: string[]; refused?: Outcome["refused"] } = await response
      .json()
      .catch(() => ({}));
    if (response.ok) return { ok: true, workers: body.workers ?? [], refused: body.refused ?? [] };
    return { ok: false, error: visible(body.error ?? `The server answered ${response.status}`) };
  } catch {
    return { ok: false, error: "The command was not sent: the process does not answer" };
  }
}
