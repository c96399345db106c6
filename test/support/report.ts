import { writeFileSync } from 'node:fs';

/** What was checked and how it went; its last line and its file are what `.ci/run` reads. */
export class Report {
  private passed = 0;
  private readonly failures: { name: string; detail: string }[] = [];
  private readonly started = Date.now();

  say(text: string): void {
    process.stdout.write(`${text}\n`);
  }

  /** Seconds since the start, for progress. */
  get elapsed(): string {
    return `${((Date.now() - this.started) / 1_000).toFixed(0)} s`;
  }

  /** @param detail what is wrong and how to see it again; nothing when all is well */
  check(name: string, detail: string | undefined): void {
    if (detail === undefined) {
      this.passed += 1;
      this.say(`ok      ${name}`);
      return;
    }
    this.failures.push({ name, detail });
    this.say(`FAILED  ${name}\n${detail.replace(/^/gm, '        ')}`);
  }

  /** Writes the file and the last line. Gives the exit status. */
  end(outputFile: string | undefined): number {
    const failed = this.failures.length;
    if (outputFile !== undefined) {
      const report = {
        numPassedTests: this.passed,
        numFailedTests: failed,
        numRuntimeErrorTestSuites: 0,
        failures: this.failures,
      };
      writeFileSync(outputFile, `${JSON.stringify(report, null, 2)}\n`);
    }
    this.say(`${this.passed} passed, ${failed} failed`);
    return failed === 0 ? 0 : 1;
  }
}
