import type { CronOptions } from "../cron/cron.js";
import type { Schedule } from "../index.js";
import { CommandError, exitCodes } from "./exit-codes.js";

type Cron = (pattern: string, options?: CronOptions) => Schedule;

/**
 * Returns `cron` of `watchbill/cron`, which needs a package that may not be installed.
 * @throws CommandError if it is not
 */
export async function loadCron(): Promise<Cron> {
  const cron = await cronIfInstalled();
  if (cron !== undefined) return cron;
  throw new CommandError(exitCodes.usage, "Cron patterns need the package croner: install it with npm install croner@11");
}

/** Undefined if its package is not installed. */
export async function cronIfInstalled(): Promise<Cron | undefined> {
  try {
    const { cron } = await import("../cron/cron.js");
    return cron;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND") return undefined;
    throw error;
  }
}
