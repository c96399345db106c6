import { parseArgs } from 'node:util';
import { UsageError, type Command } from '../../commands';
import { verifyCertificate, type CertificatePayload } from '../certificate';
import { changedRows, type Evidence, type Horizon } from '../horizon';
import type { StoreOutcome } from '../model';
import { lookPath, type BatchEffect, type Look } from '../tables';
import { publicKey, readText } from './files';

const HELP = `Usage: npm run erasure -- verify [--key FILE] [--json] CERTIFICATE

Checks a certificate of an erasure and prints what it states. Needs the public key and nothing else: no network, no
ledger. CERTIFICATE is a file, or - for standard input.

  --key FILE   public key of whoever issued it, in PEM or as DER in base64; that of SLUICE_ERASURE_SIGNING_KEY unless given
  --json       prints what it states as JSON

Exits with 0 when every byte is as it was issued, 1 when one is not, 2 for a wrong command line.
`;

const NOT_AS_ISSUED = `This certificate is not as it was issued by the owner of that key: something of it was changed, or another key signed it.
Do not rely on it. Ask whoever issued it for a new copy, and check the key against one that they publish.
`;

async function run(args: string[], write: (text: string) => void): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { key: { type: 'string' }, json: { type: 'boolean' } },
  });
  const [file, ...more] = positionals;
  if (file === undefined || more.length > 0) throw new UsageError('Name one certificate.');
  const key = publicKey(values.key);
  const certificate = await verifyCertificate(readText(file), key);
  if (certificate === undefined) {
    write(values.json === true ? '{"valid":false}\n' : NOT_AS_ISSUED);
    return 1;
  }
  write(
    values.json === true
      ? `${JSON.stringify({ valid: true, certificate }, null, 2)}\n`
      : certificateText(certificate),
  );
  return 0;
}

export const command: Command = { help: HELP, run };

/** The certificate for people. */
export function certificateText(certificate: CertificatePayload): string {
  const { requestId, tenant, state, subjects, planHash, outcomes, residue, chain, issuedAt } = certificate;
  const facts = table([
    ['state', state],
    ['issued', issuedAt],
    ['keys', `${subjects.length}, named by one-way tokens`],
    ['approved plan', planHash],
    ['audit chain', `entry ${chain.sequence}, hash ${chain.hash}`],
  ]);
  const stores = table([
    ['dataset', 'store', 'planned', 'counted', 'changed', 'outcome', 'statements'],
    ...outcomes.map(({ dataset, store, rows, planned, effects, outcome, statementIds }) => [
      dataset,
      store,
      planned === undefined ? UNSAID : String(planned),
      String(rows),
      effects === undefined ? UNSAID : changedText(effects),
      outcomeText(outcome),
      String(statementIds.length),
    ]),
  ]);
  const left = table([
    ['until', 'where', 'what'],
    ...residue.map(({ goneBy, store, kind, dataset, description, source }) => [
      goneBy,
      [store, dataset, kind].filter((word) => word !== undefined).join(' '),
      source === undefined ? description : `${description} ${source}`,
    ]),
  ]);
  return [
    `Every byte is as it was issued.\n\nErasure ${requestId} of ${tenant}\n${facts}`,
    `What became of the rows\n${stores}`,
    ...looksText(outcomes),
    ...datesText(outcomes),
    ...leftText(certificate.left),
    residue.length === 0 ? 'Nothing else holds them.\n' : `What may still hold them, and until when\n${left}`,
  ].join('\n');
}

const LEFT: Readonly<Record<NonNullable<CertificatePayload['left']>[number]['what'], string>> = {
  staged_keys: 'keys of its people in the clear, where its batch staged them',
  result_objects: 'results of earlier questions, which may show its people',
};

function leftText(left: CertificatePayload['left'] = []): string[] {
  if (left.length === 0) return [];
  const rows = left.map(({ what, batch, reason }) => [LEFT[what], batch, reason]);
  return [`Should be gone and could not be deleted\n${table([['what', 'batch', 'why'], ...rows])}`];
}

/** What certificates of before version 2 do not say. */
const UNSAID = '-';

/** Engines count for a whole batch: of whom else that was is said with the number. */
function changedText(effects: readonly BatchEffect[]): string {
  const requests = Math.max(0, ...effects.map((effect) => effect.requests));
  const rows = String(changedRows({ effects }));
  return requests > 1 ? `${rows} of up to ${requests} requests together` : rows;
}

const PATHS: Readonly<Record<ReturnType<typeof lookPath>, string>> = {
  TABLE: 'the table',
  TABLE_AND_FILES: 'the table and its files',
  ITEMS: 'every item',
};

function looksText(outcomes: Outcomes): string[] {
  const looks = outcomes.flatMap(({ dataset, store, look }) =>
    look === undefined
      ? []
      : [[dataset, store, look.at, PATHS[lookPath(look)], String(look.found), filesText(look)]],
  );
  if (looks.length === 0) return [];
  const head = ['dataset', 'store', 'when', 'what was read', 'rows found', 'in files'];
  return [`Looked at last, by another way than what erased them\n${table([head, ...looks])}`];
}

function filesText({ files }: Look): string {
  return files === undefined ? UNSAID : `${files.rows} in ${files.read} files`;
}

const DATES: readonly [keyof Horizon, string][] = [
  ['logicallyGone', 'logically gone'],
  ['unreachable', 'unreachable by time travel'],
  ['physicallyGone', 'physically gone'],
];

function datesText(outcomes: Outcomes): string[] {
  const dates = outcomes.flatMap(({ dataset, store, horizon = {} }) =>
    DATES.flatMap(([name, words]) => {
      const { date, evidence = [] } = horizon[name] ?? {};
      return date === undefined ? [] : [[dataset, store, words, date, evidence.map(evidenceText).join('; ')]];
    }),
  );
  if (dates.length === 0) return [];
  return [`From when they are gone\n${table([['dataset', 'store', 'what', 'from', 'by'], ...dates])}`];
}

function evidenceText({ kind, name, at, days, statementIds = [] }: Evidence): string {
  const ids = statementIds.length === 0 ? '' : ` (${statementIds.join(', ')})`;
  switch (kind) {
    case 'step':
      return `step ${name}${ids}`;
    case 'look':
      return `nothing found at ${at}${ids}`;
    case 'snapshots':
      return `oldest snapshot of ${at}${ids}`;
    case 'rule':
      return `${name}, ${days} days at most`;
  }
}

type Outcomes = CertificatePayload['outcomes'];

function outcomeText(outcome: StoreOutcome): string {
  switch (outcome.state) {
    case 'ERASED':
      return 'erased';
    case 'NOT_FOUND':
      return 'none were found';
    case 'PSEUDONYMISED':
      return outcome.until === undefined
        ? 'the person is out of them'
        : `the person is out of them; deleted from ${outcome.until}`;
    case 'RETAINED':
      return `kept until ${outcome.until}: ${outcome.ground}`;
    case 'PENDING_HORIZON':
      return `gone; the last copy goes by ${outcome.date}`;
    case 'RESURRECTED':
      return 'were seen again after they were gone';
    case 'FAILED':
      return `not erased: ${outcome.reason}`;
  }
}

/** Columns as wide as their widest cell. */
function table(rows: readonly (readonly string[])[]): string {
  const width = (at: number): number => Math.max(...rows.map((row) => row[at]?.length ?? 0));
  const widths = (rows[0] ?? []).map((_cell, at) => width(at));
  return rows
    .map((row) => `  ${row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join('  ')}`.trimEnd())
    .map((line) => `${line}\n`)
    .join('');
}
