import { randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Aws } from './aws';
import { RowProblem } from './cells';
import { isPattern, matchingFiles } from './files';
import { DatasetLoad } from './load';
import { loadLookups, type LoadedLookup } from './lookups';
import { datasetNamed, type MappedFile, type Mapping } from './mapping';
import type { Progress } from './progress';
import type { RejectFile } from './rejects';
import { readingNotes, type FileReport } from './report';
import { readSource, SourceError, SourceNotes, type SourceBatch } from './sources';
import { createTables } from './tables';
import { columnsRead, compileTransform, unmappedColumns, type LoadRow, type Transform } from './transform';

/** All that one import works with. */
export interface ImportJob {
  mapping: Mapping;
  /** Folder that the mapping's paths are below. */
  folder: string;
  tenant: string;
  aws: Aws;
  progress: Progress;
  rejects: RejectFile;
  /** Aborted when the person stops the import: the file at hand is given up, nothing of it stays staged. */
  signal: AbortSignal;
}

/** Imports every file of a mapping, one after the other. A file that fails does not stop the next. */
export async function runImport(job: ImportJob): Promise<FileReport[]> {
  const datasets = new Set(job.mapping.files.map((file) => datasetNamed(file.dataset)));
  await createTables(job.aws, datasets);
  const importId = `import_${randomBytes(6).toString('hex')}`;
  const reports: FileReport[] = [];
  for (const file of job.mapping.files) {
    const paths = matchingFiles(job.folder, file.file);
    if (paths.length === 0) {
      const report = emptyReport(job, file, file.file);
      report.fault = `there is no such file below ${job.folder}`;
      reports.push(report);
    }
    for (const path of paths) {
      if (job.signal.aborted) return reports;
      reports.push(await new FileImport(job, file, path, `${importId}_${reports.length + 1}`).run());
    }
  }
  return reports;
}

class FileImport {
  private readonly report: FileReport;
  private readonly notes = new SourceNotes();
  private readonly load: DatasetLoad;
  /** Keys of the file so far; files keyed by row number need none. About 100 bytes a row. */
  private readonly keys: Set<string> | undefined;
  private readonly keyAt: number;

  constructor(
    private readonly job: ImportJob,
    private readonly file: MappedFile,
    private readonly path: string,
    loadId: string,
  ) {
    const dataset = datasetNamed(file.dataset);
    this.report = emptyReport(job, file, path);
    this.load = new DatasetLoad(job.aws, dataset, job.tenant, loadId);
    this.keys = file.key.from === 'row' ? undefined : new Set();
    this.keyAt = [...dataset.columns.keys()].indexOf(dataset.key);
  }

  async run(): Promise<FileReport> {
    const { progress } = this.job;
    const path = join(this.job.folder, this.path);
    progress.begin(this.path, statSync(path, { throwIfNoEntry: false })?.size ?? 0);
    try {
      await this.read().catch((error: unknown) => {
        // Rows before a fault of the file are loaded all the same.
        if (!(error instanceof SourceError)) throw error;
        this.report.fault = error.message;
      });
      this.job.signal.throwIfAborted();
      progress.stage('loading');
      Object.assign(this.report, await this.load.finish());
    } catch (error) {
      const stopped = this.job.signal.aborted;
      this.report.fault = stopped ? 'stopped' : `rows could not be loaded: ${(error as Error).message}`;
    }
    this.report.items = this.load.itemsWritten;
    await this.load.close().catch((error: unknown) => {
      this.report.notes.push(`staged files could not be removed: ${(error as Error).message}`);
    });
    progress.end();
    this.report.notes.push(...readingNotes(this.notes, this.path));
    return this.report;
  }

  private async read(): Promise<void> {
    const { job, file, report } = this;
    const lookups = await loadLookups(job.folder, file);
    for (const [name, { unmapped, notes }] of lookups) {
      report.unmapped.push(...unmapped.map((column) => `${name}.${column}`));
      report.notes.push(...readingNotes(notes, file.lookups[name]?.file ?? name));
    }
    let transform: Transform | undefined;
    const ownUnmapped = new Set<string>();
    const batches = readSource(join(job.folder, this.path), file, columnsRead(file), this.notes);
    for await (const batch of batches) {
      job.signal.throwIfAborted();
      transform ??= this.compile(batch.header, lookups);
      for (const column of unmappedColumns(file, batch.header)) ownUnmapped.add(column);
      const rows = this.transformed(batch, transform);
      if (rows.length > 0) await this.load.add(rows);
      job.progress.update(this.notes.bytesRead, report.read);
    }
    report.unmapped.unshift(...ownUnmapped);
  }

  private compile(header: readonly string[], lookups: ReadonlyMap<string, LoadedLookup>): Transform {
    // Files of one pattern would share row numbers: their names keep them apart.
    const apart = isPattern(this.file.file) ? `${basename(this.path)}-` : '';
    return compileTransform(this.file, datasetNamed(this.file.dataset), `${this.file.key.prefix}${apart}`, {
      header,
      nulls: this.file.nulls,
      lookups: new Map([...lookups].map(([name, { lookup }]) => [name, lookup])),
    });
  }

  private transformed(batch: SourceBatch, transform: Transform): LoadRow[] {
    const rows: LoadRow[] = [];
    for (const source of batch.rows) {
      this.report.read += 1;
      try {
        const row = transform(source, this.report.read);
        this.checkKey(row);
        rows.push(row);
      } catch (problem) {
        if (!(problem instanceof RowProblem)) throw problem;
        const { rejected } = this.report;
        rejected.set(problem.reason, (rejected.get(problem.reason) ?? 0) + 1);
        this.job.rejects.add(this.path, source.line, problem.reason, source.values);
      }
    }
    return rows;
  }

  private checkKey(row: LoadRow): void {
    if (this.keys === undefined) return;
    const key = String(row.cells[this.keyAt]);
    if (this.keys.has(key)) throw new RowProblem('key: an earlier row of the file has it already');
    this.keys.add(key);
  }
}

function emptyReport(job: ImportJob, file: MappedFile, path: string): FileReport {
  return {
    file: path,
    dataset: file.dataset,
    tenant: job.tenant,
    read: 0,
    loaded: 0,
    alreadyThere: 0,
    rejected: new Map(),
    unmapped: [],
    items: undefined,
    notes: [],
    fault: undefined,
  };
}
