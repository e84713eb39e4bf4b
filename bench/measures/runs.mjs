import { cpuDuring, sleep } from "../meters.mjs";

/** Until everything is compiled and has grown old: what a service costs is what it costs once it is warm. */
const warmUp = 4_000;

/** What a run of an empty job costs in CPU, and how many of the runs that were due were done. */
export async function runs({ repeating }, { count, interval, kind }) {
  let runs = 0;
  const job = {
    sync: () => {
      runs++;
    },
    async: async () => {
      runs++;
    },
  }[kind];
  const stop = await repeating(count, interval, () => job, kind);
  await sleep(warmUp);
  runs = 0;
  const { ms, elapsed } = await cpuDuring(3_000);
  const done = runs;
  await stop();
  return { "CPU (ns a run)": (ms * 1e6) / done, "done (% of due)": (done / ((count * elapsed) / interval)) * 100 };
}
