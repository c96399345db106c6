/** Tests against code with a fault in it; test/mutations/run.ts starts local AWS and says which fault. */
const base = require('./jest.config.js');

const [[pattern, [, options]]] = Object.entries(base.transform);

module.exports = {
  ...base,
  testEnvironment: '<rootDir>/test/mutations/environment.js',
  transform: { [pattern]: ['<rootDir>/test/mutations/transform.js', options] },
  globalSetup: undefined,
  globalTeardown: undefined,
};
