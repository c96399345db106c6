import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { median, medianError, percentile, spread } from '../../bench/measure/statistics';

/** The benchmark itself: its figures are not judged here, but that it measures what it says. */

const ROOT = resolve(__dirname, '../..');

function bench(...args: string[]): Promise<{ status: number; stdout: string; stderr: string }> {
  return new Promise((done) => {
    execFile(
      process.execPath,
      ['-r', '@swc-node/register', 'bench/run.ts', ...args],
      { cwd: ROOT },
      (error, stdout, stderr) =>
        done({ status: error === null ? 0 : Number(error.code ?? 1), stdout, stderr }),
    );
  });
}

describe('statistics', () => {
  test('the median of an even number of values lies between the middle ones', () => {
    expect(median([9, 1, 2])).toBe(2);
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(median([])).toBeNaN();
  });

  test('a median is the surer the more values it is of, whatever the extremes', () => {
    const values = (count: number): number[] => Array.from({ length: count }, (_, index) => index % 100);
    // Quartiles at 24 and 74.
    expect(medianError(values(100))).toBeCloseTo((Math.sqrt(Math.PI / 2) * (50 / 1.349)) / 10);
    expect(medianError(values(400))).toBeCloseTo(medianError(values(100)) / 2);
    expect(medianError([...values(99), 1e9])).toBeCloseTo(medianError(values(100)));
    expect(medianError([3, 3, 3])).toBe(0);
  });

  test('a percentile is a value that was seen', () => {
    const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);
    expect(percentile(hundred, 0.5)).toBe(50);
    expect(percentile(hundred, 0.99)).toBe(99);
    expect(percentile(hundred, 1)).toBe(100);
    expect(percentile([7], 0.01)).toBe(7);
  });

  test('a spread keeps the extremes', () => {
    expect(spread([3, 1, 10])).toEqual({ median: 3, least: 1, most: 10 });
  });
});

describe('npm run bench', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-test-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  // Each subject is asked once before it is measured, and the run fails unless its rows are those of the endpoint.
  test('compares the gateway with plain handlers that give the same rows', async () => {
    const file = join(folder, 'figures.json');
    const { status, stdout, stderr } = await bench(
      ...['--workload', 'redshift-page', '--workload', 'decision'],
      ...['--rounds', '2', '--requests', '6', '--concurrency', '3', '--json', file],
    );
    expect({ status, fault: status === 0 ? '' : stderr }).toEqual({ status: 0, fault: '' });
    const { comparisons } = JSON.parse(readFileSync(file, 'utf8')) as {
      comparisons: {
        workload: string;
        subjects: { name: string; kind: string; ratio: number; cpuMs: { least: number }; rss: number }[];
      }[];
    };
    expect(comparisons.map(({ workload }) => workload)).toEqual(['decision', 'redshift-page']);
    for (const { subjects } of comparisons) {
      expect(subjects[0]).toMatchObject({ kind: 'rival', ratio: 1 });
      expect(subjects.filter(({ kind }) => kind === 'sluice')).toHaveLength(3);
      for (const { name, cpuMs, rss } of subjects) {
        expect(cpuMs.least).toBeGreaterThan(0);
        expect(rss).toBeGreaterThan(10_000_000);
        expect(stdout).toContain(`| ${name} `);
      }
    }
  }, 180_000);

  test('refuses what it does not know', async () => {
    const { status, stderr } = await bench('--workload', 'everything');
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: 'There is no workload everything. See --help.\n',
    });
    expect(await bench('--rounds', '0')).toMatchObject({ status: 2 });
  });
});
