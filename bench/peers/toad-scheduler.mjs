import { AsyncTask, SimpleIntervalJob, Task, ToadScheduler } from "toad-scheduler";

/** With runs that do not overlap, as its documentation recommends. */
export function repeating(count, interval, jobOf, kind) {
  const scheduler = new ToadScheduler();
  for (let i = 0; i < count; i++) {
    const id = `fleet/${i}`;
    const task = kind === "async" ? new AsyncTask(id, jobOf(i), ignore) : new Task(id, jobOf(i), ignore);
    scheduler.addIntervalJob(new SimpleIntervalJob({ milliseconds: interval }, task, { id, preventOverrun: true }));
  }
  return () => scheduler.stop();
}

function ignore() {}
