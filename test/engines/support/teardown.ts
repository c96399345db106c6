import type { EngineHost } from './host';

export default async function teardown(): Promise<void> {
  await (globalThis as { sluiceEngineHost?: EngineHost }).sluiceEngineHost?.close();
}
