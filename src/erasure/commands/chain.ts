import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { UsageError, type Command } from '../../commands';
import { ledgerConfigOf } from '../../config';
import { canonicalHash } from '../canonical';
import { verifyCertificate } from '../certificate';
import { AuditChain, chainFile, checkChain, readChainFile, type StoredChain } from '../chain';
import { LedgerTable } from '../ledger/table';
import { publicKey, readText } from './files';

const HELP = `Usage: npm run erasure -- chain [--file FILE] [--out FILE] [--key FILE] [--certificate FILE ...] [--json]

Checks the audit chain of erasures: every entry holds the hash of the one before, and signed heads vouch for them. Reads
the ledger (AWS_REGION, SLUICE_ERASURE_TABLE) unless a file is named, and then needs no network.

  --file FILE          a chain that was exported before; - for standard input
  --out FILE           writes the chain there, an entry a line and then the signed heads; checks it all the same
  --key FILE           public key, in PEM or as DER in base64; that of SLUICE_ERASURE_SIGNING_KEY unless given
  --certificate FILE   a certificate whose place must be in the chain; any number of them. One that was kept elsewhere
                       shows when the end of the chain was cut off together with its signed heads
  --json               prints what was found as JSON

Exits with 0 when it is whole, 1 when it is not, 2 for a wrong command line.
`;

interface Found {
  whole: boolean;
  entries: number;
  signedUpTo: number;
  faults: string[];
}

async function run(args: string[], write: (text: string) => void): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      file: { type: 'string' },
      out: { type: 'string' },
      key: { type: 'string' },
      certificate: { type: 'string', multiple: true },
      json: { type: 'boolean' },
    },
  });
  const key = publicKey(values.key);
  const chain = values.file === undefined ? await fromLedger() : readChainFile(readText(values.file));
  const faults: string[] = [];
  const found = chain === undefined ? { entries: 0, signedUpTo: 0 } : await checkChain(chain, key);
  if (chain === undefined) {
    faults.push(
      `${values.file ?? ''}: is no chain as it was exported; a byte that is no part of an entry or head was changed.`,
    );
  } else if ('fault' in found && found.fault !== undefined) {
    faults.push(`Entry ${found.fault.sequence}: ${found.fault.what}`);
  } else if (found.signedUpTo === 0 && found.entries > 0) {
    faults.push('No signed head vouches for it, so anybody could have written it.');
  }
  for (const file of values.certificate ?? []) {
    const certificate = await verifyCertificate(readText(file), key);
    if (certificate === undefined) faults.push(`${file}: is not as it was issued, or by another key.`);
    else if (chain !== undefined && !holds(chain, certificate.chain))
      faults.push(`${file}: names entry ${certificate.chain.sequence}, which is not in the chain as it was.`);
  }
  if (values.out !== undefined && chain !== undefined) writeText(values.out, chainFile(chain));
  const { entries, signedUpTo } = found;
  const result: Found = { whole: faults.length === 0, entries, signedUpTo, faults };
  write(values.json === true ? `${JSON.stringify(result, null, 2)}\n` : textOf(result));
  return result.whole ? 0 : 1;
}

export const command: Command = { help: HELP, run };

async function fromLedger(): Promise<StoredChain> {
  const table = new LedgerTable(ledgerConfigOf());
  try {
    return await new AuditChain(table).read();
  } finally {
    table.close();
  }
}

function holds({ entries }: StoredChain, { sequence, hash }: { sequence: number; hash: string }): boolean {
  const text = entries[sequence - 1];
  if (text === undefined) return false;
  try {
    return canonicalHash(JSON.parse(text) as object) === hash;
  } catch {
    return false;
  }
}

function writeText(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch {
    throw new UsageError(`${file}: can’t be written.`);
  }
}

function textOf({ whole, entries, signedUpTo, faults }: Found): string {
  if (!whole) {
    return `${faults.map((fault) => `${fault}\n`).join('')}The chain cannot be relied on. Compare it with an earlier export, and find out who could write the ledger's table.\n`;
  }
  if (entries === 0) return 'The chain is empty: nothing was ever erased here.\n';
  const open = entries - signedUpTo;
  const later = open === 0 ? '' : ` The last ${open} ${open === 1 ? 'is' : 'are'} not signed yet.`;
  return `The chain is whole: ${entries} entries, signed up to entry ${signedUpTo}.${later}\n`;
}
