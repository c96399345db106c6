/** GraphiQL in a real browser, served by the real gateway. */
const base = require('./jest.config.js');

module.exports = { ...base, testMatch: ['<rootDir>/test/browser/**/*.browser.ts'], testTimeout: 120_000 };
