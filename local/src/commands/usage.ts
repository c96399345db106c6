/** A command line that cannot be followed; its message says what is wrong with it. */
export class UsageError extends Error {}
