import { SluiceError } from '../../errors';

/** What a request that leaves is told; a signal may carry the reason itself. */
export function leaving(signal: AbortSignal): SluiceError {
  const reason: unknown = signal.reason;
  return reason instanceof SluiceError ? reason : new SluiceError('ENGINE_TIMEOUT', undefined, reason);
}

/** The answer, or the end of the one request, whichever comes first; the work goes on for the others. */
export function orLeave<T>(answer: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const leave = (): void => reject(leaving(signal));
    signal.addEventListener('abort', leave, { once: true });
    answer.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
  });
}
