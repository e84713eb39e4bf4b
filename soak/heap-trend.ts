/** One look at the heap, after a collection. */
export interface HeapSample {
  /** How many runs there had been. */
  readonly runs: number;
  /** In bytes. */
  readonly heap: number;
}

/** By how much the heap grows with every run, in bytes: by least squares, and the bounds of its 99% confidence interval. */
export interface HeapTrend {
  readonly slope: number;
  readonly low: number;
  readonly high: number;
}

/**
 * What is no leak: V8 compiles for minutes, which comes to some hundred KB in all; and the samples are not as independent of each other
 * as the confidence interval has it.
 */
const noise = { bytes: 1_500_000, bytesPerRun: 4 };

/**
 * The trend of the heap over the runs.
 * @throws RangeError if there are fewer than three samples, or no runs between them
 */
export function heapTrend(samples: readonly HeapSample[]): HeapTrend {
  const freedom = samples.length - 2;
  const meanRuns = meanOf(samples.map(({ runs }) => runs));
  const meanHeap = meanOf(samples.map(({ heap }) => heap));
  const spread = samples.reduce((sum, { runs }) => sum + (runs - meanRuns) ** 2, 0);
  if (freedom < 1 || spread === 0) throw new RangeError(`${samples.length} samples make no trend`);
  const slope = samples.reduce((sum, { runs, heap }) => sum + (runs - meanRuns) * (heap - meanHeap), 0) / spread;
  const residue = samples.reduce((sum, { runs, heap }) => sum + (heap - meanHeap - slope * (runs - meanRuns)) ** 2, 0);
  const margin = studentT(freedom) * Math.sqrt(residue / freedom / spread);
  return { slope, low: slope - margin, high: slope + margin };
}

/** Whether the heap is sure to grow by more than noise: by each run, and in all over that many. */
export function isLeak({ low }: HeapTrend, runs: number): boolean {
  return low > noise.bytesPerRun && low * runs > noise.bytes;
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The two-sided 99% quantile of Student's t, by its expansion around the normal one; from ten degrees of freedom on within 1%. */
function studentT(freedom: number): number {
  const z = 2.5758;
  return z + (z ** 3 + z) / (4 * freedom) + (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * freedom ** 2);
}
