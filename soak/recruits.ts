import { DeclarativeWorker, group, named, repeat, retry } from "watchbill";
import { Actor, type Role } from "./actor.js";
import type { Chance } from "./chance.js";
import { type Crew, type Duty, duties, Team } from "./crew.js";
import { hang, stand, work } from "./fates.js";
import type { Fleet } from "./fleet.js";
import { Page } from "./page.js";
import { Post } from "./post.js";
import { backoff, intervalBy, limit, type Trade, type TradeName, trades } from "./trades.js";
import type { Yard } from "./yard.js";

/** A source of workers, and what the books have of them. */
export interface Recruits {
  readonly source: object;
  readonly posts: readonly Post[];
}

/** Makes such a source under a name, always the same for the same chance. */
export type Recruit = (name: string, chance: Chance, yard: Yard) => Recruits;

/** A worker by itself. */
export function single(tradeName: TradeName, isSheltered: boolean): Recruit {
  return (name, chance, yard) => {
    const { role, declare }: Trade = trades[tradeName];
    const actor = hire(name, role, chance, yard);
    const declared = declare(chance);
    const isContinuous = declared.repeat === undefined;
    const source = new DeclarativeWorker({ name, ...declared, [isContinuous ? "worker" : "job"]: actor.act });
    const tally = declared.retryJob === undefined ? "exact" : "calls";
    const post = new Post(name, [actor.page], { tally, isContinuous, isSheltered, limit: source.timeout });
    return { source, posts: [post] };
  };
}

/** An instance of a class with several workers. */
export function crew(type: typeof Crew, isSheltered: boolean): Recruit {
  return (name, chance, yard) => {
    const roles: Readonly<Record<Duty, Role>> = type === Team ? Team.duties : duties;
    const hireFor = (duty: Duty): Actor => hire(`${name}/${duty}`, roles[duty], chance, yard);
    const actors = { listen: hireFor("listen"), cook: hireFor("cook"), stoke: hireFor("stoke"), log: hireFor("log") };
    const options = { isSheltered: isSheltered || type === Team };
    const posts = [
      new Post(`${name}/listen`, [actors.listen.page], { ...options, isContinuous: true }),
      new Post(`${name}/cook`, [actors.cook.page], { ...options, isContinuous: false, limit }),
      new Post(`${name}/stoke`, [actors.stoke.page], { ...options, isContinuous: false }),
      new Post(`${name}/log`, [actors.log.page], { ...options, isContinuous: false, tally: "calls" }),
    ];
    return { source: new type(name, intervalBy(chance), actors), posts };
  };
}

/** Several workers that are one to the runner, put together by functions: a failure restarts the one that failed and those after it. */
export const tree: Recruit = (name, chance, yard) => {
  const head = hire(`${name}/head`, { fates: [[stand, 1]], calm: stand }, chance, yard);
  const arm = hire(`${name}/arm`, { fates: [[stand, 1]], calm: stand }, chance, yard);
  const hand = hire(
    `${name}/hand`,
    {
      fates: [
        [work, 20],
        [hang, 1],
      ],
      calm: work,
    },
    chance,
    yard,
  );
  const finger = retry(repeat(intervalBy(chance), hand.act, { startImmediately: true }), backoff);
  const limb = retry(group(named(arm.act, "arm"), named(finger, "hand")), { backoff, maxRestarts: 5 });
  const source = new DeclarativeWorker({ name, worker: group(named(head.act, "head"), limb), retry: backoff });
  const pages = [head.page, arm.page, hand.page];
  return { source, posts: [new Post(name, pages, { tally: "none", isContinuous: true, isSheltered: false })] };
};

/** A runner within a runner. */
export function ship(fleet: Fleet): Recruit {
  return (name) => ({
    source: new DeclarativeWorker({ name, worker: fleet.runner, retry: backoff, shutdownTimeout: "1s" }),
    posts: [new Post(name, [fleet.clerk], { tally: "none", isContinuous: true, isSheltered: false })],
  });
}

function hire(name: string, role: Role, chance: Chance, yard: Yard): Actor {
  return new Actor(new Page(name, yard.ledger), role, chance.fork(), yard);
}
