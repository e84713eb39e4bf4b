/**
 * Compares `watchbill/cron` with the oracle, every pattern in every time zone, for the years 2025 to 2027: `npm run cron:matrix`.
 * Takes about half an hour, and exits with 1 if there is a difference. With `-- 1/2` and `-- 2/2`, two processes share the work.
 */
import fc from "fast-check";
import { cron } from "watchbill/cron";
import { compareTimes } from "./cron-comparison.fixture.js";
import { dueTimes, ZoneMinutes } from "./cron-oracle.fixture.js";
import { anyPattern, patterns } from "./cron-patterns.fixture.js";

const [part = 1, parts = 1] = process.argv[2]?.split("/").map(Number) ?? [];
const seed = 20_260_329;
const all = [...new Set([...patterns, ...fc.sample(anyPattern, { seed, numRuns: 150 }).filter(isPossible)])];
const zones = new Map<string, { names: string[]; minutes: ZoneMinutes }>();
const startTime = performance.now();

/** Returns whether the pattern ever matches. */
function isPossible(pattern: string): boolean {
  try {
    return cron(pattern, { timezone: "UTC" }).next(new Date()) !== undefined;
  } catch {
    return false;
  }
}

function elapsed(): string {
  return `${((performance.now() - startTime) / 60_000).toFixed(1)} min`;
}

for (const zone of Intl.supportedValuesOf("timeZone")) {
  const minutes = new ZoneMinutes(zone, 2025, 2027);
  const same = zones.get(minutes.key);
  if (same === undefined) zones.set(minutes.key, { names: [zone], minutes });
  else same.names.push(zone);
}
const count = [...zones.values()].reduce((sum, { names }) => sum + names.length, 0);
console.log(`${all.length} patterns, ${count} time zones, ${zones.size} of which differ in 2025 to 2027 (${elapsed()})`);

let [pairs, times, differences] = [0, 0, 0];
const kinds = [...zones.values()].filter((_, index) => index % parts === part - 1);
for (const [index, { names, minutes }] of kinds.entries()) {
  for (const pattern of all) {
    const expected = dueTimes(pattern, minutes);
    const compare = (where: string, timezone: string | undefined, isWhole: boolean): void => {
      const { compared, difference } = compareTimes(cron(pattern, { timezone }), expected, minutes, isWhole);
      pairs++;
      times += compared;
      if (difference === undefined) return;
      differences++;
      console.log(`${pattern} in ${where} ${difference}`);
    };
    // Of the zones with the same local times, compares all of the years in the first, and the nights with a change in the others.
    for (const name of names) compare(name, name, name === names[0]);
    process.env.TZ = names[0];
    compare(`the process, in ${names[0]}`, undefined, true);
  }
  console.log(
    `${index + 1}/${kinds.length}, ${names[0]} and ${names.length - 1} equal zones: ${pairs} pairs, ${times} times, ${differences} differences (${elapsed()})`,
  );
}
process.exitCode = differences === 0 ? 0 : 1;
