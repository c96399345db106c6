import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { signToken } from '../issuer/tokens';

/** One entry of `sample-viewers.yaml`. */
interface SampleViewer {
  role: string;
  /** All roles that the token allows, to switch between on the page; just `role` unless said. */
  roles?: string[];
  tenants: string[];
  subject: string;
  claims?: Record<string, string | string[]>;
}

/** A ready-made link and whom it acts as. */
export interface Link {
  role: string;
  /** Further roles to switch to. */
  otherRoles: number;
  tenant: string;
  url: string;
}

/** How long the tokens of the links are valid: a working day. */
const LINK_TTL = '12h';

/** Signs a token for each sample viewer and tenant, carried in the fragment, which no server and no log ever sees. */
export async function readyMadeLinks(dataDir: string, viewersFile: string, gateway: string): Promise<Link[]> {
  const links: Link[] = [];
  for (const { tenants, ...viewer } of await readViewers(viewersFile))
    for (const tenant of tenants) {
      const token = await signToken({ dataDir, ...viewer, tenant, ttl: LINK_TTL });
      const otherRoles = (viewer.roles?.length ?? 1) - 1;
      links.push({ role: viewer.role, otherRoles, tenant, url: `${gateway}/graphiql/#token=${token}` });
    }
  return links;
}

async function readViewers(file: string): Promise<SampleViewer[]> {
  const { viewers } = (parse(await readFile(file, 'utf8')) ?? {}) as { viewers?: Partial<SampleViewer>[] };
  if (!Array.isArray(viewers)) throw new Error(`${file} has no list "viewers".`);
  return viewers.map(({ role, roles, tenants, subject, claims }, at) => {
    if (!role || !Array.isArray(tenants) || !subject)
      throw new Error(`${file}: entry ${at + 1} needs a role, tenants and a subject.`);
    return { role, tenants, subject, ...(roles ? { roles } : {}), ...(claims ? { claims } : {}) };
  });
}
