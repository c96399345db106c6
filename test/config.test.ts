import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { configurationHelp, readConfig } from '../src/config';
import { BootError } from '../src/errors';

const KEY = Buffer.alloc(64, 7).toString('base64');
const COMPLETE = {
  AWS_REGION: 'eu-central-1',
  SLUICE_JWKS_URL: 'http://127.0.0.1:1/keys',
  SLUICE_TOKEN_ISSUER: 'issuer',
  SLUICE_TOKEN_AUDIENCE: 'sluice',
  SLUICE_MASK_KEY: KEY,
  SLUICE_CURSOR_KEY: KEY,
  SLUICE_AUDIT_KEY: KEY,
  SLUICE_ERASURE_KEY: Buffer.alloc(32, 7).toString('base64'),
  SLUICE_AUDIT_DIR: '/tmp/audit',
  SLUICE_AUDIT_LOCATION: 's3://lake/audit/reads/',
};

function findings(variables: Record<string, string>): readonly string[] {
  try {
    readConfig(variables);
    return [];
  } catch (error) {
    if (error instanceof BootError) return error.findings;
    throw error;
  }
}

test('a complete environment is read, with defaults for the rest', () => {
  const config = readConfig(COMPLETE);
  expect(config.PORT).toBe(4000);
  expect(config.SLUICE_MASK_KEY).toHaveLength(64);
});

test('everything that is wrong is reported at once, by name and without a value', () => {
  const { AWS_REGION: _left, ...rest } = COMPLETE;
  const found = findings({ ...rest, PORT: 'http', SLUICE_JWKS_URL: 'nowhere', SLUICE_MASK_KEY: 'c2hvcnQ=' });
  expect(found.map((finding) => finding.split(' ')[0]).sort()).toEqual([
    'AWS_REGION',
    'PORT',
    'SLUICE_JWKS_URL',
    'SLUICE_MASK_KEY',
  ]);
  expect(found.join('\n')).toContain('AWS_REGION is not set: region of the engines');
  expect(found.join('\n')).not.toContain('c2hvcnQ');
});

test('the help names every variable with a meaning', () => {
  const help = configurationHelp();
  const names =
    readFileSync(resolve(__dirname, '../src/config.ts'), 'utf8').match(/^ {2}[A-Z][A-Z_]+(?=:)/gm) ?? [];
  expect(names.length).toBeGreaterThan(20);
  for (const name of names) expect(help).toMatch(new RegExp(`${name.trim()}\\n {6}\\w`));
});

test('backups have a life for each store that is named, and exports one for all', () => {
  const { SLUICE_ERASURE_BACKUP_DAYS: none, SLUICE_ERASURE_EXPORT_DAYS: never } = readConfig(COMPLETE);
  expect([none, never]).toEqual([undefined, 0]);
  const set = { SLUICE_ERASURE_BACKUP_DAYS: 'athena=35, redshift=400', SLUICE_ERASURE_EXPORT_DAYS: '30' };
  const { SLUICE_ERASURE_BACKUP_DAYS: days, SLUICE_ERASURE_EXPORT_DAYS: exported } = readConfig({
    ...COMPLETE,
    ...set,
  });
  expect([days, exported]).toEqual([{ athena: 35, redshift: 400 }, 30]);
  for (const text of ['35', 'athena', 'athena=0', 'athena=-1', 'athena=1.5', 's3=3', 'athena=3,athena=4', ''])
    expect([text, findings({ ...COMPLETE, SLUICE_ERASURE_BACKUP_DAYS: text })]).toEqual([
      text,
      [expect.stringMatching(/^SLUICE_ERASURE_BACKUP_DAYS .*each store once/)],
    ]);
  expect(findings({ ...COMPLETE, SLUICE_ERASURE_EXPORT_DAYS: '-1' })).toHaveLength(1);
  // Without a rule that deletes them, result objects stay for good: that is no number of days.
  expect(findings({ ...COMPLETE, SLUICE_ERASURE_RESULT_DAYS: '0' })).toHaveLength(1);
});
