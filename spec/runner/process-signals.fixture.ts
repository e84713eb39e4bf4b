// Installs fake timers before the library is loaded, and stops a runner by a signal of the process. Prints how many listen to that signal
// right after that and 700 ms later, and how many timers keep the process alive meanwhile; or exits at the second signal.
import sinon from "sinon";

const { setTimeout, clearTimeout } = globalThis;
const realTime = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const clock = sinon.useFakeTimers({ toNotFake: ["nextTick", "queueMicrotask"] });
const { bootstrap, DeclarativeWorker, stopped } = await import("watchbill");

const isStubborn = process.argv[2] === "stubborn";
const hang = () => new Promise<void>(() => {});
const worker = new DeclarativeWorker({ name: "x", worker: ({ signal }) => (isStubborn ? hang() : stopped(signal)) });
const logger = { debug() {}, info() {}, warn() {}, error() {} };
const running = bootstrap([worker], { signals: ["SIGUSR2"], logger }).run();
// A pending signal does not keep the process alive until it arrives.
const keepAlive = setTimeout(() => {}, 10_000);
process.kill(process.pid, "SIGUSR2");
if (isStubborn) {
  await realTime(700);
  process.kill(process.pid, "SIGUSR2");
}
await running;
clearTimeout(keepAlive);
const timers = process.getActiveResourcesInfo().filter((resource) => resource === "Timeout").length;
const listeners = process.listenerCount("SIGUSR2");
await realTime(700);
process.stdout.write(JSON.stringify({ listeners, timers, listenersAfterEcho: process.listenerCount("SIGUSR2") }));
clock.restore();
