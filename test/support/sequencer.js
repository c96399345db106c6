/**
 * Begins with the tests that take longest, so that no worker is left alone with one at the end. Without times of runs
 * before, Jest goes by the sizes of files, which say nothing of those whose work stands elsewhere.
 */
const Sequencer = require('@jest/test-sequencer').default;

const LONG = [
  'test/erasure/workers/worker.test.ts',
  'test/erasure/workers/worker-faults.test.ts',
  'test/http/engines.test.ts',
  'test/start/start.test.ts',
  'test/datasources/sql-stores.test.ts',
  'test/import/sample.test.ts',
  'test/policy-tool/diff.test.ts',
  'test/bench/benchmark.test.ts',
];

module.exports = class extends Sequencer {
  sort(tests) {
    const place = ({ path }) => {
      const at = LONG.findIndex((name) => path.endsWith(`/${name}`));
      return at < 0 ? LONG.length : at;
    };
    return super.sort(tests).sort((one, other) => place(one) - place(other));
  }
};
