// Installs fake timers before it loads the library, and prints how often a job runs in a fake minute.
import sinon from "sinon";

const { faked } = JSON.parse(process.argv[2] ?? "{}");
const clock = sinon.useFakeTimers(faked === undefined ? { toNotFake: ["nextTick", "queueMicrotask"] } : { toFake: faked });
const { bootstrap, DeclarativeWorker } = await import("watchbill");
let runs = 0;
const runner = bootstrap([new DeclarativeWorker({ name: "x", job: () => runs++, repeat: "1s" })], { signals: [] });
const running = runner.run();
await clock.tickAsync(60_000);
process.stdout.write(String(runs));
await Promise.all([runner.stop(), running, clock.tickAsync(1)]);
