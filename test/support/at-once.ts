/** Does the work for every item, for so many at once. The first that fails fails it all, once none is at work any more. */
export async function atOnce<Item>(
  items: readonly Item[],
  count: number,
  work: (item: Item, index: number) => Promise<void>,
): Promise<void> {
  const left = [...items.entries()];
  const failures: unknown[] = [];
  const one = async (): Promise<void> => {
    for (let next = left.shift(); next !== undefined && failures.length === 0; next = left.shift()) {
      try {
        await work(next[1], next[0]);
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: count }, one));
  if (failures.length > 0) throw failures[0];
}
