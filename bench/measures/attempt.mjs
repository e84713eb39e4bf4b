const warmUp = 20_000;
const measured = 50_000;

/** What an attempt of a job costs in CPU that fails at once and is tried again without a delay. */
export async function attempt({ attempts }) {
  const error = new Error("no luck");
  let left = warmUp;
  const job = async () => {
    if (left-- > 0) throw error;
  };
  await attempts(job);
  left = measured;
  const begun = process.cpuUsage();
  await attempts(job);
  const { user, system } = process.cpuUsage(begun);
  return { "CPU (µs an attempt)": (user + system) / measured };
}
