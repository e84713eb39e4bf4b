import type { Fleet } from "./fleet.js";
import type { Order } from "./order.js";
import type { Post } from "./post.js";
import type { Storm } from "./storm.js";
import type { Yard } from "./yard.js";

/** How long all may take to answer, in ms on the clock of the event loop. */
const patience = 12_000;

/**
 * After the storm: every order is answered, everybody is there and free to run, and each gives a sign of life anew.
 * Returns how many have.
 */
export async function callTheRoll(fleets: readonly Fleet[], storm: Storm, { clock, faults, weather }: Yard): Promise<number> {
  const posts = (): Post[] => fleets.flatMap((fleet) => [...fleet.posts()]);
  const isReady = ({ state, isToPause }: Post): boolean => state === "there" && !isToPause;
  const allAre = (condition: (post: Post) => boolean) => () => {
    for (const fleet of fleets) fleet.noteDepartures();
    storm.relieve(0);
    return posts().every(condition);
  };

  weather.calm();
  const open = [...storm.open];
  const isUnanswered = (order: Order): boolean => storm.open.has(order);
  await clock.until(
    allAre(() => !open.some(isUnanswered)),
    patience,
    250,
  );
  for (const order of open.filter(isUnanswered)) faults.add("orders", `${order.shown} was not answered`);
  await clock.until(allAre(isReady), patience, 250);
  const since = clock.now;
  const answers = (post: Post): boolean => isReady(post) && post.seenAt > since;
  await clock.until(allAre(answers), patience, 250);
  const missing = posts().filter((post) => !answers(post));
  for (const { name, state } of missing) faults.add("no lost worker", `${name} is ${state}, and did not answer the roll call`);
  return posts().length - missing.length;
}
