import type { Logger } from "../index.js";

const nothing = (): void => {};

/** Drops every entry: for tests in which the log does not matter. */
export const silentLogger: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };
