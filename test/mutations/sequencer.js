/** The faults of one test file after each other: what a process has compiled for one serves the next. */
const Sequencer = require('@jest/test-sequencer').default;

module.exports = class extends Sequencer {
  sort(tests) {
    return [...tests].sort((one, other) => (one.path < other.path ? -1 : one.path > other.path ? 1 : 0));
  }
};
