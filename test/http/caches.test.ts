import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { compileSources } from '../erasure/support/compiled';
import { startGateway, type Caller, type Gateway } from '../support/gateway';
import { startGatewayProcess, type GatewayProcess } from '../support/gateway-process';

/** What the memory of a gateway holds of people, read from its heap: after they were asked about, and half a day later. */

const LITERAL = 'nobody-9f3c77';
const READER = 'reader-51d0a2';
const PAGE = 'range: { from: "2020-01-01T00:00:00Z", to: "2031-01-01T00:00:00Z" }, first: 50';
/** Of the sample’s addresses, as a text of its own: the description of the policy has one of them too. */
const DOMAIN = '"example.com"';
/** Heaps are read slowly where other work runs beside. */
const LIMIT_MS = 300_000;

describe('values of people in the memory of a gateway', () => {
  let folder: string;
  let clear: Gateway;
  let compiled: Awaited<ReturnType<typeof compileSources>>;
  let gateway: GatewayProcess;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sluice-memory-'));
    compiled = await compileSources();
    clear = await startGateway();
    gateway = await startGatewayProcess(
      { SLUICE_AUDIT_DIR: join(folder, 'audit'), SLUICE_AUDIT_SECONDS: '0.3' },
      undefined,
      { file: resolve(__dirname, '../support/memory-probe.js'), compiled: compiled.folder },
    );
  });

  afterAll(async () => {
    gateway?.child.kill('SIGTERM');
    await gateway?.ended;
    await clear?.close();
    await compiled?.remove();
    rmSync(folder, { recursive: true });
  });

  const ask = async (caller: Caller, query: string): Promise<string> => {
    const response = await fetch(`${gateway.url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${await clear.token({ subject: READER, ...caller })}`,
      },
      body: JSON.stringify({ query }),
    });
    const text = await response.text();
    expect(text).not.toContain('"errors"');
    return text;
  };
  const told = async (message: object): Promise<void> => {
    const done = once(gateway.child, 'message');
    gateway.child.send(message);
    await done;
  };
  const memory = async (): Promise<string> => {
    const file = join(folder, 'heap.json');
    await told({ do: 'write', file });
    return readFileSync(file, 'latin1');
  };
  const heldOf = (values: readonly string[], heap: string): string[] =>
    values.filter((value) => heap.includes(value));

  test(
    'is gone half a day later, also where all of it was asked for again and again',
    async () => {
      const asked: [role: string, query: string][] = [
        ['risk_analyst', `{ decisions(${PAGE}) { nodes { applicantId } } }`],
        ['support', `{ decisions(${PAGE}) { nodes { applicantEmail } } }`],
        ['support', `{ decisions(${PAGE}, where: { applicantId: { eq: "${LITERAL}" } }) { nodes { id } } }`],
        ['sales_analyst', `{ erp { salesLines(${PAGE}) { nodes { customerId customerName } } } }`],
        ['telemetry_analyst', `{ readings(${PAGE}) { nodes { deviceId } } }`],
      ];
      const again = async (): Promise<void> => {
        for (const [role, query] of asked) await ask({ role }, query);
      };
      const people = await clear.ask(
        { role: 'steward' },
        `{ decisions(${PAGE}) { nodes { applicantId applicantEmail } }
         erp { salesLines(${PAGE}) { nodes { customerId } } }
         readings(${PAGE}) { nodes { deviceId } } }`,
      );
      expect(people.errors).toBeUndefined();
      const { decisions, erp, readings } = people.data;
      type Node = Record<string, string | null>;
      const valuesOf = (nodes: Node[], field: string): string[] => nodes.flatMap((node) => node[field] ?? []);
      const pseudonymous = [
        ...valuesOf(decisions.nodes, 'applicantId'),
        ...valuesOf(erp.salesLines.nodes, 'customerId'),
        ...valuesOf(readings.nodes, 'deviceId'),
      ];
      const addresses = valuesOf(decisions.nodes, 'applicantEmail');
      expect([pseudonymous.length, addresses.length].every((count) => count > 40)).toBe(true);
      const kept = [LITERAL, READER, DOMAIN, ...new Set([...pseudonymous, ...addresses])];
      await again();
      await again();
      // Literals, readers and what became pseudonyms; e-mail addresses are not kept, but their domains are.
      const before = heldOf(kept, await memory());
      expect(before).toEqual(expect.arrayContaining([LITERAL, READER, DOMAIN, ...pseudonymous]));
      await told({ do: 'pass' });
      expect(heldOf(kept, await memory())).toEqual([]);
    },
    LIMIT_MS,
  );
});
