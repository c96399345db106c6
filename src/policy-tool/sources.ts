import { readFileSync } from 'node:fs';
import { parsePolicy, readPolicyFile, type PolicyFile } from '../auth/policy-file';
import { BootError } from '../errors';

/** Policies and tables of lines that a command is given: files, `-` for standard input, `/dev/fd/63` of a shell. */

/** Reads a policy, its shape checked. @throws BootError with every finding */
export function readPolicy(file: string): PolicyFile {
  if (file !== '-') return readPolicyFile(file);
  let text: string;
  try {
    text = readFileSync(0, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unreadable';
    throw new BootError([`Standard input cannot be read (${code}). Pipe a policy into it.`]);
  }
  return parsePolicy('(stdin)', text);
}
