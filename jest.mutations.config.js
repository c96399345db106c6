/**
 * Tests against code with a fault in it: a project for each fault that test/mutations/run.ts names, which starts local
 * AWS. One run for all, so that its processes have loaded and warmed Jest and the packages for the next fault.
 */
const base = require('./jest.config.js');

const [[pattern, [, options]]] = Object.entries(base.transform);
const faults = JSON.parse(process.env.SLUICE_MUTANTS ?? '[]');

module.exports = {
  maxWorkers: base.maxWorkers,
  testTimeout: base.testTimeout,
  // What a test file leaves behind in its process is not kept for all of them.
  workerIdleMemoryLimit: '2GB',
  testSequencer: '<rootDir>/test/mutations/sequencer.js',
  reporters: ['<rootDir>/test/mutations/reporter.js'],
  projects: faults.map(({ name, tests, ...mutant }) => ({
    // One name in caches, so that what one fault leaves as it is is transformed once; the transform tells them apart.
    id: 'mutations',
    displayName: name,
    rootDir: __dirname,
    // Files outside are required, but never looked for.
    roots: ['<rootDir>/src', '<rootDir>/local/src', '<rootDir>/test'],
    testMatch: tests.map((file) => `<rootDir>/${file}`),
    testEnvironment: '<rootDir>/test/mutations/environment.js',
    transform: {
      [pattern]: [
        '<rootDir>/test/mutations/transform.js',
        mutant.file === undefined ? { options } : { options, mutant },
      ],
    },
    transformIgnorePatterns: base.transformIgnorePatterns,
  })),
};
