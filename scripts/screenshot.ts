/*
 * Takes docs/dashboard.png: the page of 200 workers under load, after an hour of virtual time.
 *
 *     npm run build:page && npx tsx scripts/screenshot.ts [folder]
 *     pngquant --force --ext .png --quality 70-95 docs/dashboard.png
 *
 * Needs Debian's chromium, or another one at $CHROMIUM; and pngquant, as the picture is in the tarball.
 */
import { once } from "node:events";
import { createServer } from "node:http";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { useFakeTimers } from "sinon";
import {
  bootstrap,
  DeclarativeWorker,
  ExponentialBackoff,
  Named,
  stopped,
  type WorkerConfigurer,
  type WorkerContext,
  wait,
} from "watchbill";
import { dashboard } from "watchbill/dashboard";

const hour = 3_600_000;
const folder = process.argv[2] ?? "docs";
const backoff = new ExponentialBackoff({ initial: "5s", max: "5m", jitterProportion: 0.3 });

/** The same pictures each time. */
let state = 20_261_126;
function random(): number {
  state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
  return state / 2 ** 31;
}

const areas = ["billing", "catalogue", "github", "mail", "orders", "reports", "search", "shipping"];
const tasks = ["import", "sync", "clean-up", "export", "reindex", "poll", "notify", "reconcile", "archive", "check"];
const schedules = ["15s", "1m", "1m", "5m", "10m", "30m"];
const startTime = Date.now() - hour;

/** A job that takes about the same time each time, and fails while its service is away. */
function jobOf(duration: number, isAway: (time: number) => boolean, message: string) {
  return async ({ signal }: WorkerContext): Promise<void> => {
    await wait(duration * (0.5 + random()), { signal });
    if (isAway(Date.now() - startTime)) throw new Error(message);
  };
}

const never = (): boolean => false;

/** Declares the worker with a number, which belongs to one of the areas. */
function workerOf(index: number): DeclarativeWorker {
  const round = Math.floor(index / (areas.length * tasks.length));
  const name = `${tasks[Math.floor(index / areas.length) % tasks.length]}${round === 0 ? "" : `-${round + 1}`}`;
  if (index % 17 === 5)
    return new DeclarativeWorker({
      name,
      worker: async ({ signal, reportHealth }: WorkerContext) => {
        reportHealth();
        await stopped(signal);
      },
      retry: backoff,
    });
  const outage = index % 23 === 7 ? (time: number) => time > 0.3 * hour && time < 0.36 * hour : never;
  const failing =
    index === 0
      ? (time: number) => time > 0.8 * hour
      : index === 12
        ? (time: number) => time > 0.9 * hour || random() < 0.3
        : outage;
  const message = index === 0 ? "connect ECONNREFUSED 10.0.4.12:5432" : "HTTP 503 from https://api.example.com";
  const repeat = index === 0 || index === 12 ? "1m" : (schedules[Math.floor(random() * schedules.length)] ?? "1m");
  return new DeclarativeWorker({ name, job: jobOf(200 + random() * 4_000, failing, message), repeat, retry: backoff });
}

/** One source for each area. */
const sources = areas.map((area, offset) => {
  @Named(area)
  class Area implements WorkerConfigurer {
    workers(): DeclarativeWorker[] {
      return Array.from({ length: 200 / areas.length }, (_, index) => workerOf(index * areas.length + offset));
    }
  }
  return Area;
});

const realTimeout = globalThis.setTimeout;
const clock = useFakeTimers({ now: startTime, toNotFake: ["nextTick", "queueMicrotask", "setImmediate", "clearImmediate"] });
const silent = { debug() {}, info() {}, warn() {}, error() {} };
const runner = bootstrap(sources, { logger: silent, signals: [] });
const page = dashboard(runner);
const running = runner.run();
await clock.tickAsync(0.9 * hour);
void runner.pause("reports/archive", { by: "alice", reason: "the archive is being moved" });
await clock.tickAsync(0.1 * hour);
// From here on, the virtual clock goes on with the real one, which the browser has too.
const pace = setInterval20ms(() => clock.tick(20));

const server = createServer(page.node).listen(0, "127.0.0.1");
await once(server, "listening");
const address = server.address();
const url = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}/`;
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
});
const tab = await browser.newPage({ viewport: { width: 1280, height: 720 }, colorScheme: "light", deviceScaleFactor: 2 });
await tab.goto(url);
await tab.getByText("workers are failing").waitFor();
// Until the strips of the rows are loaded and drawn.
await new Promise((resolve) => realTimeout(resolve, 2_000));
await tab.screenshot({ path: join(folder, "dashboard.png") });
await browser.close();
pace();
page.close();
server.closeAllConnections();
server.close();
void runner.stop();
await clock.tickAsync("01:00");
await running;
clock.restore();

/** Calls back every 20 ms of real time until the function that is returned is called. */
function setInterval20ms(callback: () => void): () => void {
  let isOver = false;
  const next = (): void => {
    if (isOver) return;
    callback();
    realTimeout(next, 20);
  };
  next();
  return () => (isOver = true);
}
