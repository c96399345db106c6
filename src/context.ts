import type { AuditedRequest } from './auth/audit';
import type { ErasureAccess } from './auth/erasure-access';
import type { Gate } from './auth/gate';
import type { Viewer } from './auth/viewer';
import type { Loaders } from './resolvers/loaders';

/** What resolvers get: who asks, the one gate to the stores, and the one way to erasures. No engine, no SQL. */
export interface RequestContext {
  requestId: string;
  /** Version of the policy that the request runs under. */
  policyVersion: string;
  viewer: Viewer;
  /** What audit lines say of the request; the name of its operation is known once the query is read. */
  audited: AuditedRequest;
  gate: Gate;
  /** The one way to erasures. */
  erasures: ErasureAccess;
  loaders: Loaders;
}
