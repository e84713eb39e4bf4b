const { setImmediate } = globalThis;

/** Collects unhandled rejections and uncaught exceptions during a call, and in the turn of the event loop after it. */
export async function escapedFrom(act: () => unknown): Promise<unknown[]> {
  const escaped: unknown[] = [];
  const listen = (thrown: unknown): void => void escaped.push(thrown);
  // Mocha's own listeners would end the test run.
  const [rejections, exceptions] = [process.listeners("unhandledRejection"), process.listeners("uncaughtException")];
  process.removeAllListeners("unhandledRejection").on("unhandledRejection", listen);
  process.removeAllListeners("uncaughtException").on("uncaughtException", listen);
  try {
    await act();
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
  } finally {
    process.off("unhandledRejection", listen).off("uncaughtException", listen);
    for (const other of rejections) process.on("unhandledRejection", other);
    for (const other of exceptions) process.on("uncaughtException", other);
  }
  return escaped;
}
