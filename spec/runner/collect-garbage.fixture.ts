import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Collects garbage immediately. Requires real timers. */
export async function collectGarbage() {
  setFlagsFromString("--expose-gc");
  const gc: unknown = runInNewContext("gc");
  for (let times = 0; times < 3; times++) {
    await new Promise(setImmediate);
    if (typeof gc === "function") gc();
  }
}
