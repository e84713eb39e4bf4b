import { hostname } from "node:os";
import type { Holder } from "../runtime/worker-status.js";

/** This process, as the fleet knows it. */
export const thisProcess: Holder = { host: hostname(), pid: process.pid };
