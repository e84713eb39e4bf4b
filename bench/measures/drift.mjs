const interval = 10;
const runs = 1_000;
/** So many in a row are taken together, as each by itself is a little late. A drift of more than 1.25 ms a run would not be seen as such. */
const few = 4;

/**
 * How much later than on the grid of the first the last of a thousand runs are, in ms.
 *
 * A run that was missed, or was late by itself, is no drift: what is followed is the phase, where in the interval runs stand.
 */
export async function drift({ repeating }) {
  const times = [];
  let finish;
  const finished = new Promise((resolve) => (finish = resolve));
  const job = async () => {
    if (times.push(performance.now()) === runs) finish();
  };
  const stop = await repeating(1, interval, () => job, "async");
  await finished;
  await stop();
  return { "drift (ms)": phaseShift(times) };
}

/** Followed from some to the next, it is known how often a whole interval has gone round. */
function phaseShift(times) {
  const phases = [];
  for (let i = 0; i < runs; i += few) phases.push(phaseOf(times.slice(i, i + few)));
  let shift = 0;
  for (let i = 1; i < phases.length; i++) {
    const step = phases[i] - phases[i - 1];
    shift += step - interval * Math.round(step / interval);
  }
  return shift;
}

/** The mean of times on a clock face that goes round once in an interval. */
function phaseOf(times) {
  const angles = times.map((time) => (time / interval) * 2 * Math.PI);
  const sum = (of) => angles.reduce((sum, angle) => sum + of(angle), 0);
  return (Math.atan2(sum(Math.sin), sum(Math.cos)) / (2 * Math.PI)) * interval;
}
