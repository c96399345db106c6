import type { ColumnDeclaration } from '../../../src/schema/declarations';
import type { MaskAction } from '../../../src/schema/vocabulary';

/**
 * What a mask may show of a canary, worked out anew: the gate's own masks are what is under test, so nothing of them is
 * used here.
 */
export function shownBy(action: MaskAction, column: ColumnDeclaration, text: string): string {
  switch (action) {
    case 'clear':
      return text;
    case 'partial':
      return partlyShown(text);
    case 'band':
      return floored(text, column.band ?? 1);
    case 'coarse':
      return column.kind === 'date' || column.kind === 'datetime'
        ? `${text.slice(0, 7)}-01`
        : floored(text, column.coarse ?? 1);
    default:
      return '';
  }
}

function partlyShown(text: string): string {
  const at = text.indexOf('@');
  if (at > 0) return `${text.slice(0, 1)}•••${text.slice(at)}`;
  const characters = /^[+\d][\d\s()./-]{5,}$/.test(text) ? text.replace(/\D/g, '') : text;
  const shown = Math.min(4, Math.floor(characters.length / 3));
  return `•••${shown === 0 ? '' : characters.slice(-shown)}`;
}

/** Canaries are positive and of few digits, so that floating point is exact enough to floor them. */
function floored(text: string, step: number): string {
  const digits = Math.max(text.split('.')[1]?.length ?? 0, String(step).split('.')[1]?.length ?? 0);
  const scale = 10 ** digits;
  const width = Math.round(step * scale);
  return ((Math.floor(Math.round(Number(text) * scale) / width) * width) / scale).toFixed(digits);
}
