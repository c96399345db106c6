/** Real engines: Trino with Iceberg, DynamoDB Local, PostgreSQL and an independent SQL parser. */
module.exports = {
  ...require('./jest.config.js'),
  testMatch: ['<rootDir>/test/engines/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  testTimeout: 600_000,
};
