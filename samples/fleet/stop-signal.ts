import { constants } from "node:os";

/**
 * For how long, in ms, a further signal belongs to the same request: with npm or `timeout` in between, one request arrives twice.
 */
const sameRequest = 500;

/**
 * Aborts when the sample is to stop: on SIGINT (Ctrl-C), SIGTERM and SIGHUP, when the reader of its output leaves, as in
 * `npm run fleet | head`, and when npm is gone. A second signal exits at once.
 */
export function stopSignal(): AbortSignal {
  const controller = new AbortController();
  let firstAt: number | undefined;
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(name, () => {
      firstAt ??= performance.now();
      if (performance.now() - firstAt > sameRequest) process.exit(128 + constants.signals[name]);
      controller.abort();
    });
  }
  process.stdout.on("error", () => controller.abort());
  const { PID_OF_NPM } = process.env;
  if (PID_OF_NPM !== undefined) {
    // npm passes on SIGINT and SIGTERM, but ends by itself on SIGHUP and SIGKILL.
    const look = (): void => void (process.ppid !== Number(PID_OF_NPM) && controller.abort());
    look();
    setInterval(look, 100).unref();
  }
  return controller.signal;
}
