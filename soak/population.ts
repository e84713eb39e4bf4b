import type { RunnerOptions } from "watchbill";
import type { Chance, Weighted } from "./chance.js";
import { Crew, Team } from "./crew.js";
import { Fleet } from "./fleet.js";
import { crew, type Recruit, ship, single, tree } from "./recruits.js";
import { Station } from "./station.js";
import { shares } from "./trades.js";
import type { Yard } from "./yard.js";

/** In how many workers there is a runner within the runner. */
const workersPerShip = 400;

const classes: readonly Weighted<readonly [name: string, recruit: Recruit]>[] = [
  [["crew", crew(Crew, false)], 1],
  [["team", crew(Team, false)], 1],
  [["tree", tree], 1],
];

/** The first has all, the others are runners within its runner. */
export type Fleets = readonly [Fleet, ...Fleet[]];

/** The fleets of a soak, the same for the same chance. */
export function population(workers: number, chance: Chance, yard: Yard, options: RunnerOptions): Fleets {
  const ships = Math.max(1, Math.round(workers / workersPerShip));
  const fleets = Array.from({ length: ships }, () => shipsFleet(chance, yard, options));
  const stations = fleets.map((fleet, index) => new Station(`ship-${index + 1}`, ship(fleet), chance, yard));
  for (let count = 0, number = 1; count < workers; number++) {
    const isAlone = number % 8 !== 0;
    const trade = chance.pick(shares);
    const [name, recruit] = isAlone ? [trade, single(trade, false)] : chance.pick(classes);
    stations.push(new Station(`${name}-${number}`, recruit, chance, yard));
    count += isAlone ? 1 : 4;
  }
  return [new Fleet(stations, yard, options), ...fleets];
}

/** One that now and then goes down as a whole. */
function shipsFleet(chance: Chance, yard: Yard, { logger }: RunnerOptions): Fleet {
  const alone = Array.from({ length: 8 }, () => chance.pick(shares));
  const recruits: (readonly [string, Recruit])[] = [
    ...alone.map((trade) => [trade, single(trade, true)] as const),
    ["limited", single("limited", true)],
    ["team", crew(Team, true)],
  ];
  const stations = recruits.map(([name, recruit], index) => new Station(`${name}-${index + 1}`, recruit, chance, yard));
  return new Fleet(stations, yard, { logger, stopOrder: chance.oneIn(2) ? "reverse" : "all" });
}
