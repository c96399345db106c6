/** Middle of the values; the mean of the two middle ones when there is an even number. NaN for none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, two) => one - two);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2;
}

/** The smallest value that at least this share (above 0, up to 1) of the values do not exceed. NaN for none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((one, two) => one - two);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? NaN;
}

/**
 * Standard error of the median of so many values, from the distance of their quartiles: a few that are far off, as
 * rounds are in which the machine did something else, count no more than others.
 */
export function medianError(values: readonly number[]): number {
  // For values that are spread normally, quartiles are 1.349 standard deviations apart, and the error of a median is
  // the root of pi / 2 times that of a mean.
  const deviation = (percentile(values, 0.75) - percentile(values, 0.25)) / 1.349;
  return (Math.sqrt(Math.PI / 2) * deviation) / Math.sqrt(values.length);
}

/** Median, least and most of several rounds. */
export interface Spread {
  median: number;
  least: number;
  most: number;
}

export function spread(values: readonly number[]): Spread {
  return { median: median(values), least: Math.min(...values), most: Math.max(...values) };
}
