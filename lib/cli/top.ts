import { exitCodes } from "./exit-codes.js";
import type { RemoteOptions } from "./remote.js";
import type { Terminal } from "./terminal.js";

export async function top(_options: RemoteOptions, _terminal: Terminal): Promise<number> {
  return exitCodes.ok;
}
