import { join } from 'node:path';
import type { Endpoints } from '../endpoints';
import { AUDIENCE, ISSUER } from '../issuer/tokens';
import { LOCAL_CREDENTIALS, LOCAL_NAMES } from '../names';
import type { GatewayKeys } from './keys';

/** What the gateway needs to know to use local AWS: the same variables as anywhere, with other values. */
export function gatewayEnvironment(
  endpoints: Endpoints,
  keys: GatewayKeys,
  dataDir: string,
): Record<string, string> {
  return {
    ...keys,
    AWS_ACCESS_KEY_ID: LOCAL_CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: LOCAL_CREDENTIALS.secretAccessKey,
    AWS_REGION: LOCAL_NAMES.region,
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    SLUICE_DYNAMODB_ENDPOINT: endpoints.dynamodb,
    SLUICE_ATHENA_ENDPOINT: endpoints.athena,
    SLUICE_ATHENA_WORKGROUP: LOCAL_NAMES.athenaWorkGroup,
    SLUICE_ATHENA_CATALOG: LOCAL_NAMES.athenaCatalog,
    SLUICE_ATHENA_OUTPUT: LOCAL_NAMES.athenaOutput,
    SLUICE_AUDIT_DIR: join(dataDir, 'audit'),
    SLUICE_AUDIT_LOCATION: LOCAL_NAMES.auditLocation,
    SLUICE_AUDIT_SECONDS: '5',
    SLUICE_ERASURE_LOCATION: LOCAL_NAMES.erasureLocation,
    SLUICE_S3_ENDPOINT: endpoints.s3,
    SLUICE_REDSHIFT_ENDPOINT: endpoints.redshiftData,
    SLUICE_REDSHIFT_WORKGROUP: LOCAL_NAMES.redshiftWorkgroup,
    SLUICE_REDSHIFT_DATABASE: LOCAL_NAMES.redshiftDatabase,
    SLUICE_JWKS_URL: endpoints.jwks,
    SLUICE_TOKEN_ISSUER: ISSUER,
    SLUICE_TOKEN_AUDIENCE: AUDIENCE,
    SLUICE_POLICY_FILE: 'policy/policy.yaml',
  };
}
