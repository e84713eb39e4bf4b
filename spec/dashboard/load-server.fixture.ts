import { DeclarativeWorker, Runner } from "watchbill";
import { type Dashboard, dashboard } from "watchbill/dashboard";
import { silent } from "./served.fixture.js";

// 10,000 workers with 1,000 runs a second between them, evenly. Another process asks for the CPU time of this one.
const workers = Array.from(
  { length: 10_000 },
  (_, index) =>
    new DeclarativeWorker({
      name: `service-${index % 100}/job-${index}`,
      job: () => {},
      repeat: { interval: "10s", initialDelay: index },
    }),
);
const runner = new Runner(workers, { logger: silent, signals: [] });
const ended = runner.run();
let page: Dashboard | undefined;

process.on("message", (message) => {
  if (message === "cpu") process.send?.(process.cpuUsage());
  if (message === "open") {
    page = dashboard(runner);
    runner.add(page.listen({ port: 0 }));
    const timer = setInterval(() => {
      if (page?.url === undefined) return;
      clearInterval(timer);
      process.send?.(page.url);
    }, 5);
  }
});
process.on("message", (message) => {
  if (message !== "close") return;
  page?.close();
  void runner.remove("dashboard").then(() => process.send?.("closed"));
});
process.on("disconnect", () => void runner.stop());
await ended;
