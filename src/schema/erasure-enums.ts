import { declareEnum } from './enums';

/** Words of erasure as GraphQL has them; the ledger's own are the same, kinds of keys and actions in small letters. */

export const ErasureState = declareEnum('ErasureState', 'How far a request for erasure is.', {
  RECEIVED: 'It is written down; the people’s keys are looked for.',
  PLANNED: 'It is known what would happen. Somebody else than the requester approves it.',
  APPROVED: 'It waits for its batch. From now on the people are gone from every answer.',
  RUNNING: 'A batch erases.',
  VERIFYING: 'Rows are gone; they are looked for by another path.',
  COMPLETED: 'Nothing is left to do now. Tables say what is kept, and until when.',
  PARTIAL:
    'Some tables failed, or keys or results of it could not be deleted; its history says which. Retry it.',
  FAILED: 'All tables failed. Retry it.',
  REJECTED: 'An approver refused it.',
  CANCELLED: 'It was withdrawn before anything was erased.',
  ON_HOLD: 'A legal hold keeps all of it back; it goes on by itself.',
});

export const ErasureKeyKind = declareEnum('ErasureKeyKind', 'What kind of key names a person.', {
  CUSTOMER: 'Id of a customer or applicant.',
  EMPLOYEE: 'Number of an employee.',
  DEVICE: 'Id of a device.',
  EMAIL: 'E-mail address, to the byte as it is stored.',
  PHONE: 'Phone number, to the byte as it is stored.',
});

export const ErasureAction = declareEnum('ErasureAction', 'What happens to rows about a person.', {
  DELETE: 'The rows go.',
  PSEUDONYMISE:
    'The rows stay and lose the person: identifiers become tokens, other personal fields are emptied.',
  RETAIN: 'The rows stay as they are, for a legal ground, until their day.',
  MENTION: 'Rows about others: only the fields that name the person become tokens.',
});

export const ErasureTableState = declareEnum('ErasureTableState', 'How far a table is in a batch.', {
  WAITING: 'Nothing has begun, or a hold keeps back what had not gone yet.',
  PICKED: 'A batch has it, and nothing has begun.',
  BEGUN:
    'Its rows are going. A hold keeps back items that have not gone yet, and no rows of a statement that runs.',
  GONE: 'Its rows went, and nobody has looked yet.',
  ENDED: 'See the outcome.',
});

export const ErasureOutcome = declareEnum('ErasureOutcome', 'What is known of a table’s rows.', {
  ERASED: 'They are gone, from everywhere that the plan names.',
  PSEUDONYMISED: 'The person is out of them, but for the fields in `retained`.',
  RETAINED: 'They are kept for a legal ground.',
  NOT_FOUND: 'There were none.',
  PENDING_HORIZON: 'They are gone; snapshots, backups and the like still hold them until the day.',
  RESURRECTED: 'They were seen again after they were gone.',
  FAILED: 'They could not be erased.',
});

export const ErasureEvidenceKind = declareEnum('ErasureEvidenceKind', 'What a date of an erasure rests on.', {
  STEP: 'A step of a batch ended.',
  LOOK: 'Somebody looked for rows and found none.',
  SNAPSHOTS: 'The oldest snapshot that is left was taken after the rows were gone.',
  RULE: 'Copies of the kind live no longer; the residue of the plan says by what rule.',
});

export const ErasureLookPath = declareEnum('ErasureLookPath', 'What a look for rows read.', {
  TABLE: 'The table, by a statement of its own whose result is never a reused one.',
  TABLE_AND_FILES: 'The same, and the data files behind it, one by one.',
  ITEMS: 'Every item of the table, read consistently.',
});

export const ErasureFailure = declareEnum('ErasureFailure', 'Why a table failed.', {
  ENGINE_UNAVAILABLE: 'The store could not be reached. Retry.',
  ENGINE_FAILED: 'The store refused the statement. Operators find it in the log.',
  NO_PERMISSION: 'Sluice may not do this in the store. Give its role the right, then retry.',
  CONFLICTS: 'Other writers came in between too often. Retry at a quieter time.',
  STORAGE_FULL: 'The store has no room left. Make some, then retry.',
  SURVIVORS: 'Rows were found again each time they were erased. Find who writes them.',
  WITHDRAWN: 'The request was given up before this table’s turn.',
});

export const LeftOutWhy = declareEnum('LeftOutWhy', 'Why a linked key was not taken.', {
  TOO_COMMON: 'So many rows hold it that it is no one person’s.',
  TOO_FAR: 'Too many links lie between it and what was asked for.',
});
