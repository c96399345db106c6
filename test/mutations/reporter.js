/** Tells the process that started Jest how each test file went under each fault. */
module.exports = class {
  onTestResult({ context }, { testFilePath, testExecError, failureMessage, testResults }) {
    process.send({
      fault: context.config.displayName.name,
      file: testFilePath,
      failed: testResults
        .filter(({ status }) => status === 'failed')
        .map(({ ancestorTitles, title }) => [...ancestorTitles, title].join(' › ')),
      broken: testExecError !== undefined && testExecError !== null,
      output: failureMessage ?? '',
    });
  }

  getLastError() {
    return undefined;
  }
};
