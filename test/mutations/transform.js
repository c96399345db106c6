/** Jest's transform with the fault of its project put into one source file. */
const { createTransformer } = require('@swc/jest');

function mutated(mutant, source, path) {
  if (mutant === undefined || !path.endsWith(`/${mutant.file}`)) return source;
  if (source.split(mutant.find).length !== 2)
    throw new Error(`${mutant.file}: what to change is not there once.`);
  return source.replace(mutant.find, () => mutant.replace);
}

module.exports = {
  createTransformer({ options, mutant }) {
    const plain = createTransformer(options);
    return {
      ...plain,
      process: (source, path, rest) => plain.process(mutated(mutant, source, path), path, rest),
      getCacheKey: (source, path, rest) => plain.getCacheKey(mutated(mutant, source, path), path, rest),
    };
  },
};
