import { AsyncTask, SimpleIntervalJob, Task, ToadScheduler } from "toad-scheduler";

/** Starts jobs whose runs do not overlap, as the documentation of toad-scheduler recommends. */
export function startWorkers(count, interval, jobOf, kind) {
  const scheduler = new ToadScheduler();
  for (let i = 0; i < count; i++) {
    const id = `bench/${i}`;
    const task = kind === "async" ? new AsyncTask(id, jobOf(i), ignore) : new Task(id, jobOf(i), ignore);
    scheduler.addIntervalJob(new SimpleIntervalJob({ milliseconds: interval }, task, { id, preventOverrun: true }));
  }
  return () => scheduler.stop();
}

function ignore() {}
