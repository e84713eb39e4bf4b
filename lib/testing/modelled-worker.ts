import { DeclarativeWorker, InvalidArgumentError, type JobFunc, Runner, stopped, type WorkerContext, wait } from "../index.js";
import type { RunPlan } from "./run-plan.js";
import { SimulatedFailure } from "./simulated-failure.js";

/** Where a modelled worker runs. */
export interface ModelPlace {
  planOf(name: string): RunPlan;
  /** The function to call in place of a job; undefined if that is modelled. */
  fakeOf(name: string): JobFunc | undefined;
  /** Whether the process of the worker may be frozen, or die. */
  readonly isFragile: boolean;
  /** Resolves when the process of the worker is not frozen. Undefined if it is not frozen. */
  thaw(): Promise<void> | undefined;
  /** Whether the process of the worker has died: nothing in it settles any more. */
  readonly isDead: boolean;
}

/**
 * Returns the same worker with other code: a run takes as long, and fails, as is planned. The code of the user is not called.
 * @throws InvalidArgumentError if the code is within a chain that was made by functions, so that it cannot be replaced
 */
export function modelledWorker(worker: DeclarativeWorker, place: ModelPlace): DeclarativeWorker {
  const { label, group } = worker;
  const { job, repeat, retry, timeout, retryJob, restart, shutdownTimeout, distributed } = worker;
  const common = { name: label, group, retry, shutdownTimeout, distributed };
  const code = worker.worker;
  if (code instanceof Runner) {
    const workers = code.workers.map((inner) => modelledWorker(inner, place));
    return new DeclarativeWorker({ ...common, restart, worker: new Runner(workers) });
  }
  if (job === undefined && typeof code !== "function" && !isPlainWorker(code)) {
    throw new InvalidArgumentError(
      `The worker ${label} is made by functions such as repeat(): declare its job and repeat in a DeclarativeWorker, or use jobs: "real"`,
    );
  }
  if (job === undefined) return new DeclarativeWorker({ ...common, restart, worker: (context) => runWorker(context, place) });
  return new DeclarativeWorker({ ...common, repeat, timeout, retryJob, job: (context) => runJob(context, place) });
}

/** An object with `run`, which is code of the user, and not a chain of this library. */
function isPlainWorker(code: unknown): boolean {
  return typeof code === "object" && code !== null && !("createTask" in code);
}

/** Without a promise but that of the wait for most runs: a simulation has millions of them. */
function runJob(context: WorkerContext, place: ModelPlace): Promise<void> | void {
  if (place.isFragile) return runFragileJob(context, place);
  const fake = place.fakeOf(context.name);
  if (fake !== undefined) return callFake(fake, context);
  const { takes, failure, hangs } = place.planOf(context.name).next(Date.now());
  if (hangs) return endless();
  keepListener(context.signal);
  if (failure === undefined) return wait(takes, context);
  return fail(context, takes, failure);
}

const listenedTo = new WeakSet<AbortSignal>();

/**
 * Keeps the one listener of the library on the signal of a worker: to add and to remove it takes a fifth of the time of a run
 * that does nothing else.
 */
function keepListener(signal: AbortSignal): void {
  if (listenedTo.has(signal)) return;
  listenedTo.add(signal);
  void stopped(signal);
}

async function callFake(fake: JobFunc, context: WorkerContext): Promise<void> {
  await fake(context);
}

async function fail(context: WorkerContext, takes: number, failure: string): Promise<never> {
  await wait(takes, context);
  throw new SimulatedFailure(context.name, failure);
}

/** In a process that may be frozen or die: what happens in it then takes until it goes on, or for ever. */
async function runFragileJob(context: WorkerContext, place: ModelPlace): Promise<void> {
  await place.thaw();
  const { name, signal } = context;
  const fake = place.fakeOf(name);
  if (fake === undefined) {
    const { takes, failure, hangs } = place.planOf(name).next(Date.now());
    if (hangs) await endless();
    await wait(takes, { signal }).catch(async (reason: unknown) => {
      if (place.isDead) await endless();
      throw reason;
    });
    if (failure !== undefined && !place.isDead) throw new SimulatedFailure(name, failure);
  } else {
    await fake(context);
  }
  await place.thaw();
  if (place.isDead) await endless();
}

/** A continuous worker stays up until it is stopped, or an outage begins. It fails soon if it is started during one. */
async function runWorker({ name, signal }: WorkerContext, place: ModelPlace): Promise<void> {
  await place.thaw();
  const plan = place.planOf(name);
  const { takes, failure, hangs } = plan.next(Date.now());
  if (failure !== undefined) {
    await wait(takes, { signal });
    throw new SimulatedFailure(name, failure);
  }
  const outage = plan.outages.find(({ from }) => from > Date.now());
  if (outage === undefined) await stopped(signal);
  else await wait(outage.from - Date.now(), { signal }).catch(() => {});
  if (hangs || place.isDead) await endless();
  if (!signal.aborted) throw new SimulatedFailure(name, "outage");
}

function endless(): Promise<never> {
  return new Promise(() => {});
}
