/** Real engines: Trino with Iceberg, DynamoDB Local, PostgreSQL and an independent SQL parser. */
module.exports = {
  ...require('./jest.config.js'),
  testMatch: ['<rootDir>/test/engines/**/*.test.ts'],
  globalSetup: '<rootDir>/test/engines/support/setup.ts',
  globalTeardown: '<rootDir>/test/engines/support/teardown.ts',
  // The engines are the heavy part; suites that share them run one after the other.
  maxWorkers: 1,
  // Names what is skipped, and why.
  verbose: true,
  testPathIgnorePatterns: ['/node_modules/'],
  testTimeout: 600_000,
};
