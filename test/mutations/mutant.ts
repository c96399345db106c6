/**
 * Faults that would open the gate: each takes one protection away. The tests named must notice; a fault that none of
 * them notices is a hole in the tests.
 */
export interface Mutant {
  /** What is taken away. */
  name: string;
  file: string;
  /** Text that occurs exactly once in the file. */
  find: string;
  replace: string;
  /** Test files, one of which must fail. */
  tests: readonly string[];
}
