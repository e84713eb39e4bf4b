// Resets the connections of replicas over Redis at random. Checks whether runs are repeated too early or overlap, and whether
// each process exits.
//   node --import tsx spec/distributed/reset-connections.ts [seconds=30] [pause in ms=40] [interval in ms=3000] [workers=20] [seed]
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import { overlapsIn, repeatsIn, runsIn } from "./figures.js";
import { startRedis } from "./redis-server.fixture.js";
import { lockDuration, Replicas } from "./replicas.fixture.js";
import { TcpProxy } from "./tcp-proxy.fixture.js";

const [seconds = 30, pause = 40, interval = 3_000, count = 20, seed = Date.now() % 1_000_000] = process.argv.slice(2).map(Number);
const generator = xoroshiro128plus(seed);
const random = (): number => (generator.next() >>> 0) / 2 ** 32;

/** A completed run whose end could not be stored is repeated when its lock expires, in ms: not earlier than this. */
const soonest = lockDuration / 5;

const server = await startRedis();
const proxies = await Promise.all([1, 2, 3].map(() => TcpProxy.to(server.port)));
const replicas = new Replicas(`reset-${process.pid}`);
const plans = Array.from({ length: count }, (_, index) => ({ name: `tick-${index}`, interval, lasts: 20 }));
let hasFailed = false;
try {
  const children = proxies.map(({ port }) => {
    const url = new URL(server.url);
    url.port = `${port}`;
    return replicas.start(url.href, plans);
  });
  await replicas.connected(children.length);
  const end = Date.now() + seconds * 1_000;
  let resets = 0;
  while (Date.now() < end) {
    await sleep(random() * 2 * pause);
    const share = random() < 0.5 ? 1 : 0.3;
    proxies[Math.floor(random() * proxies.length)]?.reset(() => random() < share);
    resets++;
  }
  await sleep(3 * lockDuration + interval);

  const [observer] = children;
  const rows = observer === undefined ? [] : await replicas.statusOf(observer);
  const hangs = await Promise.all(
    children.map(async (child) => {
      const hasExited = once(child, "exit").then(() => false);
      child.kill("SIGTERM");
      return Promise.race([hasExited, sleep(15_000, true, { ref: false })]);
    }),
  );
  const found = plans.map(({ name }) => {
    const runs = runsIn(replicas.events(name));
    const point = rows.find((row) => row.name === name)?.nextDue ?? 0;
    const silence = Math.max(0, ...runs.slice(1).map(({ begun }, index) => begun - (runs[index]?.begun ?? begun)));
    return { runs: runs.length, overlaps: overlapsIn(runs).length, repeats: repeatsIn(runs, interval, point), silence };
  });
  const repeats = found.flatMap((each) => each.repeats);
  const figures = {
    seed,
    resets,
    runs: found.reduce((sum, { runs }) => sum + runs, 0),
    overlaps: found.reduce((sum, { overlaps }) => sum + overlaps, 0),
    repeatedAfter: repeats,
    longestPause: Math.max(...found.map(({ silence }) => silence)),
    processesThatHang: hangs.filter(Boolean).length,
  };
  console.log(JSON.stringify(figures));
  hasFailed = figures.overlaps > 0 || figures.processesThatHang > 0 || repeats.some((after) => after < soonest);
} finally {
  await replicas.dispose();
  for (const proxy of proxies) proxy.close();
  await server.stop();
}
process.exitCode = hasFailed ? 1 : 0;
