import type { ApolloServerPlugin } from '@apollo/server';
import type { RoleLimits } from '../auth/limits';
import type { RequestContext } from '../context';
import { shownCalls, totalCost } from '../datasources/results';
import { ERROR_TABLE, SluiceError } from '../errors';
import { checkCost, type CostEstimator, type QueryCost } from './query-cost';
import { checkVariables } from './query-limits';

/**
 * Refuses an operation that cannot run, whose variables are too large, or that may cost more than the role may spend,
 * before anything of it runs; and adds `extensions.cost`:
 * what it was estimated at, what the gate counted, and what each engine call scanned, waited and cost.
 */
export function costPlugin(
  estimator: CostEstimator,
  role: { readonly name: string; readonly limits: RoleLimits },
): ApolloServerPlugin<RequestContext> {
  return {
    async requestDidStart() {
      let estimated: QueryCost | undefined;
      return {
        async didResolveOperation({ request, response, document, operation, schema }) {
          response.http.status = ERROR_TABLE.BAD_USER_INPUT.status;
          // Apollo leaves it to the executor to find that there is none.
          if (operation === undefined) {
            throw new SluiceError(
              'BAD_USER_INPUT',
              'Name one of the operations of the query by `operationName`.',
            );
          }
          if (!schema.getRootType(operation.operation)) {
            throw new SluiceError('BAD_USER_INPUT', `The acting role has no ${operation.operation} to ask.`);
          }
          checkVariables(request.variables);
          estimated = estimator.of(document, operation, request.variables ?? {});
          checkCost(estimated, role.limits, role.name);
          delete response.http.status;
        },
        async willSendResponse({ response, contextValue: { gate } }) {
          if (response.body.kind !== 'single' || estimated === undefined) return;
          if (estimated.total === 0 && gate.calls.length === 0) return;
          const result = response.body.singleResult;
          result.extensions = {
            ...result.extensions,
            cost: {
              estimated: { total: estimated.total, values: estimated.values, limit: role.limits.maxCost },
              values: gate.values,
              ...(gate.calls.length === 0
                ? {}
                : { engineCalls: shownCalls(gate.calls), totalCostUsd: totalCost(gate.calls) }),
            },
          };
        },
      };
    },
  };
}
