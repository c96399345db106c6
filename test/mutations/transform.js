/** Jest's transform with one fault put into one source file: the fault is named by SLUICE_MUTANT. */
const { createTransformer } = require('@swc/jest');

const mutant = process.env.SLUICE_MUTANT === undefined ? undefined : JSON.parse(process.env.SLUICE_MUTANT);

function mutated(source, path) {
  if (mutant === undefined || !path.endsWith(`/${mutant.file}`)) return source;
  if (source.split(mutant.find).length !== 2)
    throw new Error(`${mutant.file}: what to change is not there once.`);
  return source.replace(mutant.find, () => mutant.replace);
}

module.exports = {
  createTransformer(options) {
    const plain = createTransformer(options);
    return {
      ...plain,
      process: (source, path, rest) => plain.process(mutated(source, path), path, rest),
      getCacheKey: (source, path, rest) => plain.getCacheKey(mutated(source, path), path, rest),
    };
  },
};
