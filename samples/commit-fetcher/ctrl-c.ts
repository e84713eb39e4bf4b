/**
 * Aborts on Ctrl-C; a second one exits at once.
 *
 * Without npm there is no need for this: `run()` listens to SIGINT by itself. But npm passes on the Ctrl-C that the terminal
 * has sent to all of us already, so that one press comes twice, some ms apart, and would count as the second.
 */
export function ctrlC(): AbortSignal {
  const controller = new AbortController();
  let firstAt: number | undefined;
  process.on("SIGINT", () => {
    firstAt ??= performance.now();
    if (performance.now() - firstAt > 250) process.exit(130);
    controller.abort();
  });
  return controller.signal;
}
