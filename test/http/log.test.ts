import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startGatewayProcess } from '../support/gateway-process';

test('a log whose disk is full keeps no answer waiting', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-log-'));
  const full = await open('/dev/full', 'w');
  try {
    const gateway = await startGatewayProcess({ SLUICE_AUDIT_DIR: folder, LOG_LEVEL: 'info' }, full.fd);
    const query = '{ hr { employees(first: 3) { nodes { employeeNumber } } } }';
    for (let count = 0; count < 5; count += 1) expect(await gateway.ask(query)).toBeDefined();
    gateway.child.kill('SIGTERM');
    expect(await gateway.ended).toEqual([0, null]);
  } finally {
    await full.close();
    await rm(folder, { recursive: true, force: true });
  }
});
