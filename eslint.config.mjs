import { createNodeResolver, importX } from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';

/** The gate's rules, in words that say what to do instead. */
const ONLY_AUTH = 'Only src/auth and src/erasure reach engines: ask the gate with a plan (docs/tour.md).';
const ONLY_ERASURE = 'Only src/erasure carries out and verifies erasures; ask its worker.';
const OWN_PATH =
  'Verification shares no code with what it verifies: write its own, or add what both must read (docs/erasure.md).';
const ONLY_GATE = 'Only the gate makes scoped plans; import the type alone.';
const ONLY_CONFIG = 'Only src/config.ts reads the environment.';
const ONLY_COMMANDS = 'Commands read the environment and hand on what they found.';

/** `process.env`, however it is spelled; `process` itself is never imported. */
const noEnvironment = (message) => [
  { selector: "MemberExpression[property.name='env'][object.name='process']", message },
  { selector: "MemberExpression[property.value='env'][object.name='process']", message },
  { selector: "MemberExpression[property.name='env'][object.property.name='process']", message },
  { selector: "VariableDeclarator[init.name='process'] Property[key.name='env']", message },
  { selector: 'ImportDeclaration[source.value=/^(node:)?process$/]', message },
];

/** The maker of scoped plans, as a value, by any way of importing it. */
const noScoped = [
  { selector: "ImportDeclaration[source.value=/auth\\/scope$/][importKind!='type']", message: ONLY_GATE },
  {
    selector: "ExportNamedDeclaration[source.value=/auth\\/scope$/][exportKind!='type']",
    message: ONLY_GATE,
  },
  { selector: 'ExportAllDeclaration[source.value=/auth\\/scope$/]', message: ONLY_GATE },
  { selector: 'ImportExpression[source.value=/auth\\/scope$/]', message: ONLY_GATE },
];

export default tseslint.config(
  {
    ignores: ['**/node_modules/', '**/dist/', '.sluice/', 'coverage/', '**/*.js', '**/*.mjs', 'operations/'],
  },
  ...tseslint.configs.recommendedTypeChecked,
  {
    files: ['**/*.ts', '**/*.tsx', '**/*.mts'],
    languageOptions: {
      parserOptions: {
        project: ['./tsconfig.json', './web/tsconfig.json'],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    plugins: { 'import-x': importX },
    settings: {
      'import-x/resolver-next': [createNodeResolver({ extensions: ['.ts', '.tsx', '.js', '.json'] })],
    },
    rules: {
      '@typescript-eslint/no-unsafe-function-type': 'off',
      '@typescript-eslint/no-extraneous-class': 'off',
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/no-floating-promises': 'error',
      'import-x/no-cycle': 'error',
      'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
      '@typescript-eslint/dot-notation': 'error',
      eqeqeq: 'error',
      'no-console': 'error',
    },
  },
  {
    files: ['src/**/*.ts'],
    rules: {
      'no-restricted-syntax': ['error', ...noEnvironment(ONLY_CONFIG), ...noScoped],
      'import-x/no-restricted-paths': [
        'error',
        {
          zones: [
            {
              target: './src',
              from: ['./local', './web', './test', './bench'],
              message: 'src stands alone.',
            },
            {
              target: './src/!(auth|datasources|erasure)/**/*',
              from: [
                './src/datasources/engines',
                './src/datasources/compile',
                './src/datasources/create-stores.ts',
              ],
              message: ONLY_AUTH,
            },
            {
              target: './src/*.ts',
              from: [
                './src/datasources/engines',
                './src/datasources/compile',
                './src/datasources/create-stores.ts',
              ],
              message: ONLY_AUTH,
            },
            {
              target: './src/!(erasure)/**/*',
              from: ['./src/erasure/executors', './src/erasure/statements', './src/erasure/verify'],
              message: ONLY_ERASURE,
            },
            {
              target: './src/erasure/verify',
              from: './src',
              except: [
                './erasure/verify',
                './erasure/steps.ts',
                './erasure/tables.ts',
                './erasure/pacing.ts',
                './schema/declarations.ts',
                './schema/vocabulary.ts',
                './schema/subject-keys.ts',
                './config.ts',
                './errors.ts',
              ],
              message: OWN_PATH,
            },
            {
              target: './src/resolvers',
              from: './src/auth',
              except: ['./gate.ts', './erasure-access.ts'],
              message: 'A resolver knows the gate and the access to erasures alone.',
            },
            {
              target: './src/schema',
              from: ['./src/auth', './src/datasources'],
              message: 'Declarations know no engine and no policy.',
            },
          ],
        },
      ],
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          patterns: [{ group: ['@aws-sdk/*', '@smithy/*'], message: ONLY_AUTH }],
        },
      ],
    },
  },
  { files: ['src/config.ts'], rules: { 'no-restricted-syntax': ['error', ...noScoped] } },
  {
    files: ['src/datasources/engines/**/*.ts', 'src/erasure/**/*.ts'],
    rules: { '@typescript-eslint/no-restricted-imports': 'off' },
  },
  {
    files: ['src/auth/**/*.ts'],
    rules: { 'no-restricted-syntax': ['error', ...noEnvironment(ONLY_CONFIG)] },
  },
  {
    // Launchers of engines hand the environment on to what they start.
    files: ['local/src/**/*.ts'],
    ignores: ['local/src/commands/**', 'local/src/engines/**'],
    rules: { 'no-restricted-syntax': ['error', ...noEnvironment(ONLY_COMMANDS)] },
  },
  {
    files: ['test/**/*.ts', 'bench/**/*.ts'],
    rules: {
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      // A table of cases is read a case at a time.
      'max-lines': ['error', { max: 500, skipBlankLines: true, skipComments: true }],
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
);
