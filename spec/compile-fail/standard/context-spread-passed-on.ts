// expected: Argument of type '{ attempt: number; }' is not assignable to parameter of type 'WorkerContext'
import type { WorkerContext } from "watchbill";

declare function poll(context: WorkerContext): Promise<void>;

export const again = (context: WorkerContext) => poll({ ...context, attempt: 1 });
