/** Unit and front-door tests: Node alone. Packages that ship only ES modules are transformed too. */
const esmOnly = [
  'jose',
  '@noble',
  'lru-cache',
  'graphql-scalars',
  'content-disposition',
  'hyparquet',
  'hyparquet-writer',
  'hyparquet-compressors',
  'hysnappy',
];
const transform = {
  '^.+\\.(t|j|mj)s$': [
    '@swc/jest',
    {
      jsc: {
        parser: { syntax: 'typescript', decorators: true },
        transform: { legacyDecorator: true, decoratorMetadata: true },
        target: 'es2022',
      },
      module: { type: 'commonjs' },
      sourceMaps: 'inline',
    },
  ],
};

module.exports = {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  testPathIgnorePatterns: [
    '/node_modules/',
    '<rootDir>/test/real/',
    '<rootDir>/test/engines/',
    '<rootDir>/test/erasure/workers/',
  ],
  modulePathIgnorePatterns: ['<rootDir>/.sluice'],
  transform,
  transformIgnorePatterns: [`/node_modules/(?!(${esmOnly.join('|')})/)`],
  testTimeout: 60_000,
  // Tests wait for servers and child processes more than they compute.
  maxWorkers: 2,
  testSequencer: '<rootDir>/test/support/sequencer.js',
  globalSetup: '<rootDir>/test/support/global-setup.ts',
  globalTeardown: '<rootDir>/test/support/global-teardown.ts',
};
