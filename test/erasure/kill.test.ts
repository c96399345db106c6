import { runKills } from './kills';

/** A slice of it; `npm run test:erasure -- --only kill` kills at every boundary. */
test('a worker that is killed, wherever it was, leaves the same end as one that is not', async () => {
  const report = await runKills({ most: 2, progress: () => undefined });
  expect(report.differences).toEqual([]);
  expect(report.notReached).toBe(0);
  expect(report.rounds).toBe(2);
}, 300_000);
