import { SingleBar } from 'cli-progress';

/** Shows how far a file is: a bar on a terminal, plain lines elsewhere. */
export interface Progress {
  begin(label: string, totalBytes: number): void;
  update(bytesRead: number, rows: number): void;
  /** What happens after reading, such as `loading`. */
  stage(text: string): void;
  end(): void;
}

/** Rows between two plain lines. */
const LINE_ROWS = 100_000;

/** Progress on a stream such as `process.stderr`. */
export function progressOn(stream: NodeJS.WriteStream): Progress {
  return stream.isTTY ? new BarProgress(stream) : new LineProgress(stream);
}

class BarProgress implements Progress {
  private bar: SingleBar | undefined;
  private total = 0;

  constructor(private readonly stream: NodeJS.WriteStream) {}

  begin(label: string, totalBytes: number): void {
    this.total = totalBytes;
    this.bar = new SingleBar({
      format: '{bar} {percentage}% | {label} | {rows} rows {stage}',
      stream: this.stream,
      hideCursor: true,
      clearOnComplete: true,
    });
    this.bar.start(Math.max(totalBytes, 1), 0, { label, rows: 0, stage: '' });
  }

  update(bytesRead: number, rows: number): void {
    this.bar?.update(bytesRead, { rows: rows.toLocaleString('en') });
  }

  stage(text: string): void {
    this.bar?.update(this.total, { stage: `| ${text}` });
  }

  end(): void {
    this.bar?.stop();
    this.bar = undefined;
  }
}

class LineProgress implements Progress {
  private label = '';
  private shown = 0;

  constructor(private readonly stream: NodeJS.WritableStream) {}

  begin(label: string): void {
    this.label = label;
    this.shown = 0;
    this.stream.write(`${label}: reading\n`);
  }

  update(_bytesRead: number, rows: number): void {
    if (rows < this.shown + LINE_ROWS) return;
    this.shown = rows - (rows % LINE_ROWS);
    this.stream.write(`${this.label}: ${this.shown.toLocaleString('en')} rows read\n`);
  }

  stage(text: string): void {
    this.stream.write(`${this.label}: ${text}\n`);
  }

  end(): void {
    // Every line is complete already.
  }
}
