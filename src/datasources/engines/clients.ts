/** Settings that every AWS client has in common. */

interface Stacked {
  middlewareStack: {
    remove(name: string): boolean;
    add(middleware: (next: (args: never) => unknown) => unknown, options: object): void;
  };
}

/** The SDK's own place for retrying, which other middleware is put after by name. */
const RETRYING = {
  name: 'retryMiddleware',
  tags: ['RETRY'],
  step: 'finalizeRequest',
  priority: 'high',
  override: true,
};

/**
 * Connections are kept open; the SDK sends each call once, since repeating is ours (`service-caller.ts`).
 *
 * @param endpoint an override, for another partition, a VPC endpoint or a laptop
 */
export function clientSettings(region: string, endpoint: string | undefined) {
  return {
    region,
    maxAttempts: 1,
    requestHandler: {
      connectionTimeout: 3_000,
      httpAgent: { keepAlive: true, maxSockets: 256 },
      httpsAgent: { keepAlive: true, maxSockets: 256 },
    },
    ...(endpoint === undefined ? {} : { endpoint }),
  };
}

/**
 * Takes out the SDK's own logging, which walks every answer even when nobody logs, and its retrying, which hides what
 * went wrong behind errors of its own.
 */
export function lean<T extends Stacked>(client: T): T {
  client.middlewareStack.remove('loggerMiddleware');
  client.middlewareStack.add((next) => (args: never) => next(args), RETRYING);
  return client;
}
