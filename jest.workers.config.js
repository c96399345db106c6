/** Erasures from their receipt to their certificate, with all their faults, on local AWS. */
module.exports = {
  ...require('./jest.config.js'),
  testMatch: ['<rootDir>/test/erasure/workers/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
};
