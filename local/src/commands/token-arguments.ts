import { parseArgs } from 'node:util';
import type { TokenRequest } from '../issuer/tokens';
import { UsageError } from './usage';

export const TOKEN_HELP = `Prints a signed token of the local issuer.

npm run token -- --role ROLE --tenant TENANT [--roles A,B] [--subject S] [--claim k=v]... [--ttl 1h]

  --role ROLE      the role it acts in unless x-acting-role names another
  --tenant TENANT  the tenant whose data it reaches
  --roles A,B      all roles it allows; --role is always among them
  --subject S      who it stands for (default: local-ROLE)
  --claim k=v      a further claim for row rules; a comma or a repeated flag makes a list: --claim markets=DE,FR
  --ttl 1h         how long it is valid: a number with s, m, h or d (default: 1h)

The key is kept in SLUICE_DATA_DIR (default: .sluice). The servers need not run.
`;

/** Reads the command line. Throws a UsageError that says what is wrong. */
export function readTokenArguments(args: string[]): Omit<TokenRequest, 'dataDir'> | 'help' {
  let values;
  try {
    ({ values } = parseArgs({
      args,
      options: {
        role: { type: 'string' },
        tenant: { type: 'string' },
        roles: { type: 'string' },
        subject: { type: 'string' },
        claim: { type: 'string', multiple: true },
        ttl: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    }));
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
  if (values.help) return 'help';
  const role = values.role?.trim();
  const tenant = values.tenant?.trim();
  if (!role) throw new UsageError('Say which role: --role ROLE');
  if (!tenant) throw new UsageError('Say which tenant: --tenant TENANT');
  const roles = values.roles === undefined ? [] : list(values.roles);
  return {
    role,
    tenant,
    roles: roles.includes(role) ? roles : [role, ...roles],
    ...(values.subject === undefined ? {} : { subject: notEmpty('subject', values.subject) }),
    claims: readClaims(values.claim ?? []),
    ttl: values.ttl ?? '1h',
  };
}

function readClaims(given: string[]): Record<string, string | string[]> {
  const claims: Record<string, string | string[]> = {};
  for (const claim of given) {
    const equals = claim.indexOf('=');
    const name = claim.slice(0, Math.max(equals, 0)).trim();
    const value = claim.slice(equals + 1).trim();
    if (name === '' || value === '') throw new UsageError(`A claim is written name=value, not "${claim}".`);
    const values = value.includes(',') ? list(value) : value;
    const known = Object.hasOwn(claims, name) ? claims[name] : undefined;
    claims[name] = known === undefined ? values : [known, values].flat();
  }
  return claims;
}

function list(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

function notEmpty(name: string, text: string): string {
  if (text.trim() === '') throw new UsageError(`--${name} is empty.`);
  return text.trim();
}
