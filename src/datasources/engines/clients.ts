/** Settings that every AWS client has in common. */

interface Stacked {
  middlewareStack: { remove(name: string): boolean };
}

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

/** Takes out the SDK's own logging, which walks every answer even when nobody logs. */
export function withoutLogger<T extends Stacked>(client: T): T {
  client.middlewareStack.remove('loggerMiddleware');
  return client;
}
