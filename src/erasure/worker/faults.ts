/** Where a fault of ours came from; its message may hold anything. */
export function placesOf(error: unknown): { name?: string; at?: string[] } {
  if (!(error instanceof Error)) return {};
  const at = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return { name: error.name, at: at.map((line) => line.trim()) };
}
