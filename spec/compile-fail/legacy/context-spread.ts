// expected: Property 'signal' does not exist on type
import { type WorkerContext, wait } from "watchbill";

export async function poll(context: WorkerContext) {
  const copy = { ...context };
  await wait("1s", { signal: copy.signal });
}
