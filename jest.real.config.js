/** Real files: imports public data into a fresh data folder and asks through HTTP. */
module.exports = {
  ...require('./jest.config.js'),
  testMatch: ['<rootDir>/test/real/**/*.test.ts'],
  // These tests start their own local AWS, in a fresh folder, through the real commands.
  globalSetup: undefined,
  globalTeardown: undefined,
  testPathIgnorePatterns: ['/node_modules/'],
  testTimeout: 600_000,
};
