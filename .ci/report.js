/**
 * Reads the JSON report of a suite, Jest's or that of test/support/report.ts. Prints a line "PASSED FAILED" with the
 * counts, then every failed test: its full name and the first lines of what it says.
 *
 *   node .ci/report.js SUITE FILE
 */
const { relative } = require('node:path');

const SHOWN_LINES = 6;

function firstLines(message) {
  return message
    .replace(/\u001b\[[\d;]*m/g, '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/^at .*:\d+/.test(line))
    .slice(0, SHOWN_LINES)
    .map((line) => `    ${line.slice(0, 300)}`);
}

/** A test file of Jest: the tests in it that failed, or why none could run. */
function failuresOf({ name: file, status, message, assertionResults: tests }) {
  const failed = tests.filter((test) => test.status === 'failed');
  if (status === 'failed' && failed.length === 0)
    return [{ name: `${relative('', file)} did not run`, detail: message }];
  return failed.map(({ fullName, failureMessages }) => ({
    name: `${relative('', file)}: ${fullName}`,
    detail: failureMessages.join('\n'),
  }));
}

const [suite, file] = process.argv.slice(2);
const report = require(file);
const failures = report.failures ?? report.testResults.flatMap(failuresOf);
console.log(report.numPassedTests, report.numFailedTests + report.numRuntimeErrorTestSuites);
for (const { name, detail } of failures) {
  console.log(`  ${suite}: ${name}`);
  for (const line of firstLines(detail)) console.log(line);
}
