/** How often which values occur: pure. */

/** Shares of the tallest bin, 0 to 1, on a scale that lets rare values be seen. */
export type Histogram = readonly number[];

/** @param low where the first bin begins; `high` where the last one ends. What lies beyond is left out. */
export function histogramOf(values: readonly number[], low: number, high: number, bins: number): Histogram {
  const counts = new Array<number>(bins).fill(0);
  const scale = bins / Math.max(high - low, 1e-30);
  for (const value of values) {
    if (!(value >= low && value <= high)) continue;
    const bin = Math.min(bins - 1, Math.floor((value - low) * scale));
    counts[bin] = counts[bin]! + 1;
  }
  const tallest = Math.log1p(Math.max(1, ...counts));
  return counts.map((count) => Math.log1p(count) / tallest);
}

/** How much of each end auto-contrast leaves out. */
const TAIL = 0.001;

/**
 * A window over values: all but the darkest and brightest 0.1 %. Undefined where there are none.
 * @param least how wide it is at least
 */
export function windowOver(values: readonly number[], least = 1): readonly [number, number] | undefined {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
  if (sorted.length === 0) return undefined;
  const low = sorted[Math.floor(TAIL * (sorted.length - 1))]!;
  const high = sorted[Math.ceil((1 - TAIL) * (sorted.length - 1))]!;
  return [low, Math.max(high, low + least)];
}
