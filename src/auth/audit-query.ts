import type { Condition } from '../datasources/plans';
import { SluiceError } from '../errors';
import type { DatasetDeclaration } from '../schema/declarations';
import { AuditTokens } from './audit-tokens';
import type { RolePolicy } from './policy';
import type { Pseudonyms } from './pseudonyms';

/** Asking records of the audit for one person. */

/** Whom the records asked for are about. */
export interface AboutSubject {
  /** What records hold of the person's audit token; for what is no person of the tenant, what no record holds. */
  mark: string;
  condition: Condition;
}

/**
 * Turns what an auditor has of a person into the token that records hold: an audit token as it is, a pseudonym of the
 * tenant, or the identifier itself for a role that sees identifiers of the audit in the clear. Anything else becomes a
 * token that nobody has, so that the engine takes the same path and finds nothing. Tokens are made with a key for each
 * tenant, and the records are the tenant's own, so that another tenant's token finds nothing either.
 *
 * @throws SluiceError BAD_USER_INPUT when the dataset holds no such tokens
 */
export function aboutSubject(
  role: RolePolicy,
  dataset: DatasetDeclaration,
  subject: string,
  tenant: string,
  { pseudonyms, tokens }: { pseudonyms: Pseudonyms; tokens: AuditTokens },
): AboutSubject {
  const field = dataset.subjectTokens;
  if (field === undefined)
    throw new SluiceError('BAD_USER_INPUT', `${dataset.name} cannot be asked for by \`subject\`.`);
  const token = AuditTokens.isToken(subject)
    ? subject
    : tokens.token(
        tenant,
        pseudonyms.reveal(tenant, subject) ??
          (role.action(dataset, field) === 'clear' ? subject : pseudonyms.unmatchable(tenant, subject)),
      );
  const mark = AuditTokens.markOf(token);
  return { mark, condition: { kind: 'compare', field, op: 'contains', value: mark } };
}
