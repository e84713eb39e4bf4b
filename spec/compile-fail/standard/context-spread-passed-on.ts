// expected: is missing the following properties from type 'WorkerContext': signal, name, logger, reportHealth
import type { WorkerContext } from "watchbill";

declare function poll(context: WorkerContext): Promise<void>;

export const again = (context: WorkerContext) => poll({ ...context, attempt: 1 });
