import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { policyVersion } from '../../src/auth/policy';
import { freePort } from '../../local/src/engines/free-port';
import { NpmCommand, untilReady } from '../start/npm';
import { localAws } from '../support/local-aws';
import { policyFolder } from '../support/policy-files';

/** `npm run gateway` takes a changed policy at SIGHUP, as an operator sends it. */

const policy = (inside: string): string =>
  `roles:\n  clerk:\n    description: Keeps the books.\n    domains:\n      erp:\n        classes: { ${inside} }\n`;
const FIRST = policy('public: clear, internal: clear');
const SECOND = policy('public: clear, internal: clear, financial: clear');
const BAD = policy('public: clear, internel: clear');

async function version(url: string): Promise<string | null> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"query":"{ __typename }"}',
  });
  return response.headers.get('x-sluice-policy');
}

test('SIGHUP brings the changed file into force, a bad one not, and the process goes on', async () => {
  const folder = policyFolder();
  const file = join(folder, 'policy.yaml');
  writeFileSync(file, FIRST);
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const command = new NpmCommand(['run', 'gateway'], {
    ...localAws().environment,
    PORT: String(port),
    SLUICE_AUDIT_DIR: join(folder, 'audit'),
    SLUICE_POLICY_FILE: file,
    SLUICE_POLICY_RELOAD_SECONDS: '0',
  });
  const put = (text: string): void => {
    writeFileSync(`${file}~`, text);
    renameSync(`${file}~`, file);
  };
  try {
    await untilReady(command, url);
    expect(await version(url)).toBe(policyVersion(FIRST));
    const gateway = (await command.descendants()).find(({ command: line }) =>
      /^\S*node .*src\/main\.ts/.test(line),
    );
    const hangUp = (): boolean => process.kill(Number(gateway?.pid), 'SIGHUP');

    put(SECOND);
    expect(await version(url)).toBe(policyVersion(FIRST));
    hangUp();
    while ((await version(url)) !== policyVersion(SECOND)) await pause(20);

    put(BAD);
    hangUp();
    while (!command.stdout.includes('"policy_refused"')) await pause(20);
    expect(await version(url)).toBe(policyVersion(SECOND));
    expect(command.stdout.match(/"event":"policy_reloaded"/g)).toHaveLength(1);
  } finally {
    command.interrupt();
    await command.ended;
  }
});
