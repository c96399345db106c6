import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSchema } from 'graphql';
import { bytes, costInWords, dollars, maskingInWords, readCost, readMasking } from '../../web/src/answer';
import { adviceFor, readErrors, wordsForStatus } from '../../web/src/errors';
import { readExamples, usableExamples } from '../../web/src/examples';
import { readFragment } from '../../web/src/fragment';
import { decodeBase64Url, isExpired, lifetimeInWords, readClaims } from '../../web/src/jwt';
import {
  activate,
  addTokens,
  choicesByTenant,
  EMPTY_SESSION,
  identityOf,
  loadSession,
  removeToken,
  saveSession,
} from '../../web/src/session';
import { memoryStore, packed, token } from './helpers';

const NOW = Date.UTC(2026, 0, 1);
const SOON = NOW / 1000 + 3600;
const analyst = token({
  sub: 'ana',
  tenant: 'north',
  role: 'analyst',
  roles: ['analyst', 'auditor'],
  exp: SOON,
});
const manager = token({ sub: 'hugo', tenant: 'south', role: 'hr_manager', exp: SOON });

describe('tokens', () => {
  it('are read for display, in UTF-8', () => {
    const claims = readClaims(token({ sub: 'Zoë 🙂', tenant: 'nörd', role: 'a', roles: ['b', 'a', 7] }));
    expect(claims).toEqual({
      subject: 'Zoë 🙂',
      tenant: 'nörd',
      defaultRole: 'a',
      roles: ['a', 'b'],
      expiresAt: undefined,
    });
  });

  it('act in the first of their roles when they name no default', () => {
    expect(readClaims(token({ roles: ['x', 'y'] }))?.defaultRole).toBe('x');
    expect(readClaims(token({}))?.roles).toEqual([]);
  });

  it.each(['', 'abc', 'a.b.c', 'eyJ.%%%.x', `${manager}.more`, `x.${packed([1])}.y`, `x.${packed(null)}.y`])(
    'are not what this is: %p',
    (text) => expect(readClaims(text)).toBeUndefined(),
  );

  it('expire at their second, and say so in words', () => {
    const claims = readClaims(manager);
    if (claims === undefined) throw new Error('unreadable');
    expect(isExpired(claims, NOW)).toBe(false);
    expect(isExpired(claims, SOON * 1000)).toBe(true);
    expect(lifetimeInWords(claims, NOW)).toBe('60 minutes left');
    expect(lifetimeInWords(claims, SOON * 1000 - 1)).toBe('less than a minute left');
    expect(lifetimeInWords(claims, SOON * 1000 + 3 * 60_000)).toBe('expired 3 minutes ago');
    expect(lifetimeInWords(claims, SOON * 1000 + 72 * 3_600_000)).toBe('expired 3 days ago');
  });

  it('decode with both of base64url’s own letters', () => {
    expect(decodeBase64Url(Buffer.from('~~~???ÿ').toString('base64url'))).toBe('~~~???ÿ');
    expect(() => decodeBase64Url('_w')).toThrow();
  });
});

describe('the fragment', () => {
  it('gives one token, or several', () => {
    expect(readFragment(`#token=${analyst}`)).toEqual({ found: true, tokens: [{ token: analyst }] });
    expect(readFragment(`#token=${analyst}&token=${manager}`).tokens).toHaveLength(2);
  });

  it('gives a packed list with labels and roles', () => {
    const list = packed([{ label: 'Auditor', role: 'auditor', tenant: 'north', token: analyst }]);
    expect(readFragment(`#tokens=${list}`)).toEqual({
      found: true,
      tokens: [{ label: 'Auditor', role: 'auditor', token: analyst }],
    });
  });

  it('is left alone when it speaks of other things', () => {
    expect(readFragment('')).toEqual({ found: false, tokens: [] });
    expect(readFragment('#section-2').found).toBe(false);
  });

  it.each([
    '#token=',
    '#token=abc',
    '#tokens=%%%',
    '#tokens=e30',
    `#tokens=${packed([{ token: 5 }])}`,
    '#tokens=',
  ])('is taken out of the address even when it is no good: %s', (hash) => {
    const { found, tokens, problem } = readFragment(hash);
    expect({ found, tokens }).toEqual({ found: true, tokens: [] });
    expect(problem).toContain('no readable token');
  });

  it('keeps the good ones among bad ones and says that it left some out', () => {
    const { tokens, problem } = readFragment(`#token=${manager}&tokens=!!!`);
    expect(tokens).toEqual([{ token: manager }]);
    expect(problem).toContain('left out');
  });
});

describe('the session', () => {
  const both = addTokens(EMPTY_SESSION, [{ token: analyst }, { token: manager, label: 'HR' }]);

  it('acts as the first token that a link brought, in the role that the link names', () => {
    expect(identityOf(both)).toMatchObject({ token: analyst, role: 'analyst' });
    expect(addTokens(both, [{ token: manager }])).toMatchObject({ active: 1, role: 'hr_manager' });
    expect(addTokens(both, [{ token: analyst, role: 'auditor' }])).toMatchObject({
      active: 0,
      role: 'auditor',
    });
    expect(addTokens(both, [{ token: manager }]).tokens).toEqual(both.tokens);
  });

  it('never acts in a role that the token does not allow', () => {
    expect(activate(both, 0, 'auditor').role).toBe('auditor');
    expect(activate(both, 0, 'hr_manager').role).toBe('analyst');
    expect(activate(both, 9, 'auditor').active).toBe(0);
  });

  it('survives a reload and refuses what it can’t read', () => {
    const { store, kept } = memoryStore();
    const acting = activate(both, 0, 'auditor');
    saveSession(store, acting);
    expect(loadSession(store)).toEqual(acting);
    for (const broken of [
      '{',
      '[]',
      '{"tokens":[null]}',
      '{"tokens":[{"token":"x"}],"active":0}',
      '{"tokens":5}',
    ]) {
      kept.set('sluice.session', broken);
      expect(loadSession(store)).toEqual(EMPTY_SESSION);
    }
    saveSession(store, EMPTY_SESSION);
    expect(kept.size).toBe(0);
  });

  it('forgets one token and goes on with another', () => {
    expect(identityOf(removeToken(both, 0))?.token).toBe(manager);
    expect(removeToken(activate(both, 1), 0)).toMatchObject({ active: 0, role: 'hr_manager' });
    expect(identityOf(removeToken(removeToken(both, 0), 0))).toBeUndefined();
  });

  it('keeps the newest fifty tokens', () => {
    const many = Array.from({ length: 60 }, (_, n) => ({ token: token({ sub: `s${n}`, role: 'r' }) }));
    const session = many.reduce((current, one) => addTokens(current, [one]), EMPTY_SESSION);
    expect(session.tokens).toHaveLength(50);
    expect(identityOf(session)?.claims.subject).toBe('s59');
  });

  it('offers each role of each token by tenant, and tells twins and expired ones apart', () => {
    const twin = token({ sub: 'otto', tenant: 'north', role: 'auditor', exp: NOW / 1000 - 60 });
    const choices = choicesByTenant(addTokens(both, [{ token: twin }]), NOW);
    expect([...choices]).toEqual([
      [
        'north',
        [
          { index: 0, role: 'analyst', text: 'analyst' },
          { index: 0, role: 'auditor', text: 'auditor (ana)' },
          { index: 2, role: 'auditor', text: 'auditor (otto, expired)' },
        ],
      ],
      ['south', [{ index: 1, role: 'hr_manager', text: 'hr_manager' }]],
    ]);
  });
});

describe('the strip', () => {
  const body = {
    extensions: {
      masking: [
        { path: 'hr.employees.nodes.0.salary', action: 'band' },
        { path: 'hr.employees.nodes.1.salary', action: 'band' },
        { path: 'hr.employees.nodes.name', action: 'redact' },
        { path: 5, action: 'band' },
      ],
      cost: {
        engineCalls: [
          {
            engine: 'athena',
            statementId: 'q1',
            scannedBytes: 1_200_000,
            elapsedMs: 300,
            costUsd: 0,
            shared: true,
          },
          { engine: 'redshift', scannedBytes: '34', elapsedMs: 4, costUsd: 'NaN' },
        ],
        totalCostUsd: 0,
      },
    },
  };

  it('names masked fields once, without list positions', () => {
    expect(maskingInWords(readMasking(body) ?? [])).toBe(
      '2 fields masked: hr.employees.nodes.salary (band), hr.employees.nodes.name (redact)',
    );
    expect(maskingInWords([{ path: 'a', action: 'band' }])).toBe('1 field masked: a (band)');
    expect(
      maskingInWords(
        ['a', 'b', 'c', 'd'].map((path) => ({ path, action: 'band' })),
        2,
      ),
    ).toBe('4 fields masked: a (band), b (band) and 2 more');
    expect(maskingInWords([])).toBe('No fields masked');
  });

  it('adds up what the engines did', () => {
    expect(costInWords(readCost(body) ?? { engineCalls: [], totalCostUsd: 1 })).toBe(
      '2 engine calls (1 shared with other requests), 1.2 MB scanned, $0.00000',
    );
    expect(costInWords({ engineCalls: [], totalCostUsd: 0 })).toBe('No engine calls, $0.00000');
  });

  it('says nothing of what a response does not report', () => {
    for (const other of [
      undefined,
      null,
      'x',
      {},
      { extensions: null },
      { extensions: { masking: 1, cost: 1 } },
    ]) {
      expect(readMasking(other)).toBeUndefined();
      expect(readCost(other)).toBeUndefined();
    }
  });

  it('writes amounts without lying about small ones', () => {
    expect([0, 999, 1000, 999_949, 999_950, 2.5e12].map(bytes)).toEqual([
      '0 B',
      '999 B',
      '1.0 kB',
      '999.9 kB',
      '1.0 MB',
      '2.5 TB',
    ]);
    expect([0, 0.000004, 0.0000051, 12.5].map(dollars)).toEqual([
      '$0.00000',
      '<$0.00001',
      '$0.00001',
      '$12.50000',
    ]);
  });
});

describe('refusals', () => {
  it('come in words', () => {
    expect(
      readErrors({ errors: [{ message: 'No.', extensions: { code: 'UNAUTHENTICATED' } }, null] }),
    ).toEqual([
      { message: 'No.', code: 'UNAUTHENTICATED' },
      { message: 'The gateway gave no message.', code: undefined },
    ]);
    expect(readErrors('<html>')).toEqual([]);
    expect(adviceFor('UNAUTHENTICATED')).toContain('expired');
    expect(adviceFor('SOMETHING_NEW')).toBeUndefined();
    expect(wordsForStatus(502)).toContain('502');
  });
});

describe('examples', () => {
  it('are offered only to a role whose schema can answer them', () => {
    const examples = readExamples([
      { name: 'Pay', description: 'd', query: '{ pay }', variables: { first: 1 } },
      { name: 'Names', query: '{ name }', variables: {} },
      { name: 'Broken', query: '{' },
      { name: 'Change', query: 'mutation Change { name }' },
      { name: 'No query' },
      null,
    ]);
    expect(examples.map(({ variables }) => variables)).toEqual(['{\n  "first": 1\n}', '', '', '']);
    const names = usableExamples(examples, buildSchema('type Query { name: String }')).map(
      ({ name }) => name,
    );
    expect(names).toEqual(['Names']);
    expect(readExamples({})).toEqual([]);
  });
});

describe('the build', () => {
  it('is skipped with one line and no error where Vite is not installed', () => {
    const folder = mkdtempSync(join(tmpdir(), 'sluice-web-'));
    try {
      cpSync(join(__dirname, '../../web/build.mjs'), join(folder, 'build.mjs'));
      const { status, stdout, stderr } = spawnSync(process.execPath, [join(folder, 'build.mjs')], {
        encoding: 'utf8',
      });
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      expect(stdout.trim().split('\n')).toHaveLength(1);
      expect(stdout).toContain('Vite is not installed');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
