import { spawn } from "node:child_process";
import { once } from "node:events";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { exitCodes } from "./exit-codes.js";
import type { RunOptions } from "./run.js";
import { exitCodeOf, onStopSignals } from "./stop-signals.js";

/** Runs `watchbill run` under `node --watch`, which starts it anew when a file has changed that it has imported. */
export async function watch(module: string, args: readonly string[], options: RunOptions): Promise<number> {
  const command = fileURLToPath(new URL(`./cli${extname(import.meta.url)}`, import.meta.url));
  const node = [...process.execArgv, "--watch", "--watch-preserve-output"];
  const child = spawn(process.execPath, [...node, command, "run", ...argumentsOf(options), module, "--", ...args], {
    stdio: "inherit",
  });
  const unsubscribe = onStopSignals(["SIGINT", "SIGTERM"], (signal) => void child.kill(signal));
  const [code, signal] = await once(child, "close");
  unsubscribe();
  if (signal === "SIGINT" || signal === "SIGTERM") return exitCodeOf(signal);
  return typeof code === "number" ? code : exitCodes.failed;
}

function argumentsOf({ only = [], except = [], dashboard, socket }: RunOptions): string[] {
  return [
    ...only.flatMap((pattern) => ["--only", pattern]),
    ...except.flatMap((pattern) => ["--except", pattern]),
    ...(dashboard === undefined ? [] : ["--dashboard", String(dashboard)]),
    ...(socket ? [] : ["--no-socket"]),
  ];
}
