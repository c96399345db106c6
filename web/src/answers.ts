/** The last answer of each GraphiQL tab, in memory only. */
import { useSyncExternalStore } from 'react';
import type { Answer } from './fetcher';

const answers = new Map<string, Answer>();
const listeners = new Set<() => void>();
let openTab = '';

/** The strip tells which tab is open, because GraphiQL shows a response in the tab open at its arrival. */
export function setOpenTab(id: string): void {
  openTab = id;
}

/** Keeps the answer for the open tab and tells who shows it. */
export function keepAnswer(answer: Answer): void {
  answers.set(openTab, answer);
  for (const listener of listeners) listener();
}

/** The last answer shown in a tab. */
export function useAnswer(tabId: string): Answer | undefined {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => answers.get(tabId),
  );
}
