import { createNodeResolver, importX } from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';

/** The gate's rules, in words that say what to do instead. */
const ONLY_AUTH = 'Only src/auth reaches engines: ask the gate with a plan (docs/tour.md).';

export default tseslint.config(
  {
    ignores: [
      '**/node_modules/',
      '**/dist/',
      '.sluice/',
      'coverage/',
      '**/*.js',
      '**/*.mjs',
      'web/',
      'operations/',
    ],
  },
  ...tseslint.configs.recommendedTypeChecked,
  {
    files: ['**/*.ts'],
    languageOptions: { parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname } },
    plugins: { 'import-x': importX },
    settings: { 'import-x/resolver-next': [createNodeResolver({ extensions: ['.ts', '.js', '.json'] })] },
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
      eqeqeq: 'error',
      'no-console': 'error',
    },
  },
  {
    files: ['src/**/*.ts'],
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: 'Only src/config.ts reads the environment.' },
      ],
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
              target: './src/!(auth|datasources)/**/*',
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
              target: './src/resolvers',
              from: './src/auth',
              except: ['./gate.ts'],
              message: 'A resolver knows the gate alone.',
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
          paths: [
            { name: '@aws-sdk/client-athena', message: ONLY_AUTH },
            { name: '@aws-sdk/client-redshift-data', message: ONLY_AUTH },
            { name: '@aws-sdk/client-dynamodb', message: ONLY_AUTH },
            { name: '@aws-sdk/client-s3', message: ONLY_AUTH },
          ],
        },
      ],
    },
  },
  { files: ['src/config.ts'], rules: { 'no-restricted-properties': 'off' } },
  {
    files: ['src/datasources/engines/**/*.ts'],
    rules: { '@typescript-eslint/no-restricted-imports': 'off' },
  },
  {
    // Only the gate makes scoped plans.
    files: ['src/**/*.ts'],
    ignores: ['src/auth/**/*.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector: "ImportDeclaration[source.value=/auth\\/scope$/][importKind!='type']",
          message: 'Only the gate makes scoped plans; import the type alone.',
        },
      ],
    },
  },
  {
    files: ['test/**/*.ts', 'bench/**/*.ts'],
    rules: {
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
    },
  },
);
