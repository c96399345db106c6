/** Real files: imports public data into a fresh data folder and asks through HTTP. */
module.exports = {
  ...require('./jest.config.js'),
  testMatch: ['<rootDir>/test/real/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  testTimeout: 600_000,
};
