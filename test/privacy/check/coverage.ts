import { getNamedType, isObjectType, type GraphQLObjectType, type GraphQLSchema } from 'graphql';
import type { RolePolicy } from '../../../src/auth/policy';
import { declarations } from '../../../src/schema/catalog';
import { meaningsOf } from '../../../src/schema/meanings';
import { actionOn } from '../../../src/schema/role-view';
import { MASK_USES, type MaskAction } from '../../../src/schema/vocabulary';

/** Which output fields of a role's schema were answered with data: what was never answered was never tried. */

const MEANINGS = meaningsOf(declarations);
/** An alias of the generator, before the field's name. */
const ALIAS = /^a\d+__/;

export class Coverage {
  private readonly met = new Set<string>();

  constructor(private readonly schema: GraphQLSchema) {}

  /** Notes the fields of an answer that hold something. */
  note(data: unknown, type: unknown = this.schema.getQueryType()): void {
    if (Array.isArray(data)) return data.forEach((one) => this.note(one, type));
    if (typeof data !== 'object' || data === null || !isObjectType(type)) return;
    const fields = type.getFields();
    for (const [key, value] of Object.entries(data)) {
      const field = fields[key.replace(ALIAS, '')];
      if (field === undefined || value === null || (Array.isArray(value) && value.length === 0)) continue;
      this.met.add(`${type.name}.${field.name}`);
      this.note(value, getNamedType(field.type));
    }
  }

  /** Every field that a query may ask for, as `Type.field`, in order; introspection is no part of it. */
  fields(): string[] {
    const types = new Set<GraphQLObjectType>();
    const visit = (type: unknown): void => {
      if (!isObjectType(type) || types.has(type)) return;
      types.add(type);
      for (const field of Object.values(type.getFields())) visit(getNamedType(field.type));
    };
    visit(this.schema.getQueryType());
    return [...types]
      .flatMap((type) => Object.keys(type.getFields()).map((field) => `${type.name}.${field}`))
      .sort();
  }

  /** Those that no answer held anything of. */
  unmet(): string[] {
    return this.fields().filter((field) => !this.met.has(field));
  }
}

/** Why the policy lets no answer of the role hold anything of a field; undefined where one may. */
export function neverShown(role: RolePolicy, place: string): string | undefined {
  const metrics = declarations.metrics.get(place.split('.')[0] ?? '');
  if (metrics !== undefined && metrics.dataset.time === undefined && place.endsWith('.period'))
    return 'no time';
  if (place === 'ViewerInfo.purpose' && role.purposes.length === 0) return 'no purposes';
  const meaning = MEANINGS.fields.get(place);
  if (meaning === undefined) return undefined;
  const action: MaskAction = actionOn(role, meaning);
  if (action === 'clear') return undefined;
  if (meaning.kind === 'measure') return `computed from what is ${action}`;
  if (action === 'redact') return 'redact';
  return metrics !== undefined && MASK_USES[action].group === 'none' ? `${action} is no group` : undefined;
}

/** Whether a field stands for a column, for what is derived from columns, or for a measure; the rest are frames. */
export function holdsData(place: string): boolean {
  return MEANINGS.fields.has(place);
}
