import type { Gate } from './auth/gate';
import type { Viewer } from './auth/viewer';
import type { Loaders } from './resolvers/loaders';

/** What resolvers get: who asks, and the one gate to the stores. No engine, no SQL. */
export interface RequestContext {
  requestId: string;
  /** Version of the policy that the request runs under. */
  policyVersion: string;
  viewer: Viewer;
  gate: Gate;
  loaders: Loaders;
}
