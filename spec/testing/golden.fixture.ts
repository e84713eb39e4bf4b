import { readFileSync, writeFileSync } from "node:fs";
import { expect } from "chai";

/** Compares with a file that was looked at. With `WATCHBILL_GOLDEN=write` it is written instead: then look at it. */
export function expectGolden(file: string, actual: string): void {
  const path = `spec/testing/golden/${file}`;
  if (process.env.WATCHBILL_GOLDEN === "write") writeFileSync(path, actual);
  expect(actual).to.equal(readFileSync(path, "utf8"));
}
