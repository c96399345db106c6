/** GraphiQL in a real browser, against a gateway that is running: see test/browser/graphiql.browser.ts. */
const base = require('./jest.config.js');

module.exports = { ...base, testMatch: ['<rootDir>/test/browser/**/*.browser.ts'], testTimeout: 120_000 };
