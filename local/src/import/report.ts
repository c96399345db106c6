import type { SourceNotes } from './sources';

/** What became of one file. */
export interface FileReport {
  file: string;
  dataset: string;
  tenant: string;
  read: number;
  loaded: number;
  alreadyThere: number;
  /** Rows by the reason they were rejected for. */
  rejected: Map<string, number>;
  /** Columns the mapping neither reads nor ignores, lookup files' as `name.column`. */
  unmapped: string[];
  /** Items new in the point-read store; undefined when the dataset has none. */
  items: number | undefined;
  notes: string[];
  /** What stopped the file, if anything did. */
  fault: string | undefined;
}

/** Notes worth telling about how a file was read. */
export function readingNotes(notes: SourceNotes, file: string): string[] {
  const found: string[] = [];
  if (notes.damagedLines > 0) {
    found.push(
      `${file}: ${count(notes.damagedLines)} lines with bytes outside the encoding, read as well as possible`,
    );
  }
  if (notes.rejoinedRows > 0) {
    found.push(`${file}: ${count(notes.rejoinedRows)} rows with unquoted commas put together again`);
  }
  if (notes.absentColumns.length > 0) found.push(`${file}: no row has ${notes.absentColumns.join(', ')}`);
  return found;
}

/** Rows rejected in all. */
function rejectedRows(report: FileReport): number {
  return [...report.rejected.values()].reduce((sum, rows) => sum + rows, 0);
}

/** Whether everything that was read is in the stores. */
export function isWhole(report: FileReport): boolean {
  return report.fault === undefined && report.rejected.size === 0;
}

/** The report for a person, one block a file. */
export function reportText(reports: readonly FileReport[], rejectsFile: string | undefined): string {
  const lines = reports.flatMap(fileLines);
  if (rejectsFile !== undefined) lines.push(`Rejected rows are in ${rejectsFile}`);
  const whole = reports.every(isWhole);
  const added = reports.reduce((sum, report) => sum + report.loaded + (report.items ?? 0), 0);
  if (added === 0)
    lines.push(whole ? 'Nothing changed: every row was there already.' : 'Nothing was loaded.');
  return `${lines.join('\n')}\n`;
}

function fileLines(report: FileReport): string[] {
  const rejected = rejectedRows(report);
  const lines = [
    `${report.file} -> ${report.dataset}, tenant ${report.tenant}`,
    `  read ${count(report.read)}, loaded ${count(report.loaded)}, already there ${count(report.alreadyThere)}, rejected ${count(rejected)}`,
  ];
  if (report.items !== undefined) lines.push(`  point-read store: ${count(report.items)} new items`);
  for (const [reason, rows] of report.rejected) lines.push(`  rejected ${count(rows)}: ${reason}`);
  if (report.unmapped.length > 0) {
    const columns = report.unmapped.length === 1 ? 'column' : 'columns';
    const names = report.unmapped.join(', ');
    lines.push(`  ${report.unmapped.length} ${columns} neither mapped nor ignored: ${names}`);
  }
  lines.push(...report.notes.map((note) => `  note: ${note}`));
  if (report.fault !== undefined) lines.push(`  FAILED: ${report.fault}`);
  return lines;
}

function count(rows: number): string {
  return rows.toLocaleString('en');
}
