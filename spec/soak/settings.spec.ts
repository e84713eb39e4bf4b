import { expect } from "chai";
import { settingsFrom } from "../../soak/settings.js";

describe("The soak's arguments", () => {
  it("default to a minute, 3000 workers and a seed of the caller", () => {
    expect(settingsFrom([], 7)).to.deep.equal({ duration: 60_000, workers: 3_000, seed: 7 });
    expect(settingsFrom(["30m", "--seed", "5", "--workers", "200"], 7)).to.deep.equal({
      duration: 1_800_000,
      workers: 200,
      seed: 5,
    });
  });

  for (const [args, message] of [
    [["30 min"], "'30 min' is not a duration"],
    [["0.5s"], "duration is 0.5s, too short for a result: use 1s or more"],
    [["1m", "2m"], "duration is 1m, 2m: pass only one"],
    [["--seed", "x"], "--seed is x: use a whole number from 0 to 2147483647"],
    [["--workers", "3"], "--workers is 3: use a whole number from 100 to 100000"],
    [["--speed", "3"], "Unknown option '--speed'"],
  ] as const) {
    it(`are refused if they are ${args.join(" ")}`, () => {
      expect(() => settingsFrom(args, 7)).to.throw(message);
    });
  }
});
