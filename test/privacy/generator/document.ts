import {
  getNamedType,
  getNullableType,
  isAbstractType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
  isScalarType,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLInputType,
  type GraphQLObjectType,
  type GraphQLSchema,
} from 'graphql';
import { enumValueName } from '../../../src/schema/names';
import type { Random } from '../random';
import type { Memory } from './memory';
import { scalarValue, span, type Plain } from './values';

/** Random documents that are valid against a schema. Nothing here knows a type or a field by name, but for Relay's. */

/** A variable of a document: its type, and the field names that values are recalled by. */
export interface Variable {
  type: GraphQLInputType;
  names: readonly string[];
}

/** A query as it is sent. */
export interface Query {
  text: string;
  variables: Record<string, Plain>;
  /** Variables that stand for input, and can be given anew. */
  input: ReadonlyMap<string, Variable>;
  /** What it is said to be for. */
  purpose?: string | undefined;
  /** What it is made of, to learn from how it goes. */
  parts: ReadonlySet<string>;
}

/** Where Relay's cursors are found in answers. */
export const CURSOR_FIELDS = ['endCursor', 'startCursor', 'cursor'];

const DEEPEST_INPUT = 4;

/** @throws Error where a schema has interfaces or unions: a document would ask them for no field, and so try nothing */
export function checkAskable(schema: GraphQLSchema): void {
  const strange = Object.values(schema.getTypeMap()).filter(isAbstractType);
  if (strange.length === 0) return;
  throw new Error(
    `${strange.map(({ name }) => name).join(', ')}: the generator asks interfaces and unions for nothing. Make \`selection\` in test/privacy/generator/document.ts choose fields of each possible type in \`... on Type\`, and \`Coverage\` in check/coverage.ts know the type of an answer by its \`__typename\`.`,
  );
}

export class DocumentMaker {
  private variables: Record<string, Plain> = {};
  private input = new Map<string, Variable>();
  private declared: string[] = [];
  private fragments: string[] = [];
  private parts = new Set<string>();
  private aliases = 0;
  /** Names of what is selected below the field whose arguments are made, as enums name them. */
  private below: ReadonlySet<string> = new Set();

  constructor(
    private readonly schema: GraphQLSchema,
    private readonly memory: Memory,
    private readonly random: Random,
  ) {}

  make(): Query {
    this.variables = {};
    this.input = new Map();
    this.declared = [];
    this.fragments = [];
    this.parts = new Set();
    this.aliases = 0;
    const root = this.schema.getQueryType();
    if (root === null || root === undefined) throw new Error('The schema has no queries.');
    const body = this.selection(root, 0, this.random.chance(0.85) ? 1 : this.random.whole(2, 3));
    const declared = this.declared.length === 0 ? '' : `(${this.declared.join(', ')})`;
    const name = this.random.chance(0.5) ? ` Q${this.random.whole(1, 99)}` : declared === '' ? '' : ' Q';
    const head = name === '' ? '' : `query${name}${declared} `;
    return {
      text: [`${head}${body}`, ...this.fragments].join('\n'),
      variables: this.variables,
      input: this.input,
      parts: this.parts,
    };
  }

  /** Values for the variables of an earlier document. */
  values(input: ReadonlyMap<string, Variable>): Record<string, Plain> {
    return Object.fromEntries(
      [...input].map(([name, { type, names }]) => [name, this.value(type, names, 0, new Set())]),
    );
  }

  private selection(type: GraphQLObjectType, depth: number, most?: number): string {
    const { random } = this;
    const fields = Object.values(type.getFields()).filter((field) => depth < 7 || isLeaf(field));
    const wanted = most ?? random.whole(1, Math.min(6, fields.length));
    const chosen: GraphQLField<unknown, unknown>[] = [];
    const left = [...fields];
    while (chosen.length < wanted && left.length > 0) {
      const field = random.weighted(left, (one) => this.memory.weight(`${type.name}.${one.name}`));
      left.splice(left.indexOf(field), 1);
      chosen.push(field);
    }
    const lines = chosen.map((field) => this.field(type, field, depth));
    if (random.chance(0.1)) lines.push('__typename');
    if (lines.length > 0 && random.chance(0.05)) lines.push(lines[0] as string);
    if (random.chance(0.12)) {
      const taken = lines.splice(0, random.whole(1, lines.length));
      if (random.chance(0.5)) {
        const on = random.chance(0.5) ? ` on ${type.name}` : '';
        lines.push(`...${on}${this.directive()} { ${taken.join(' ')} }`);
      } else {
        const name = `F${this.fragments.length + 1}`;
        this.fragments.push(`fragment ${name} on ${type.name} { ${taken.join(' ')} }`);
        lines.push(`...${name}${this.directive()}`);
      }
    }
    return `{ ${lines.join(' ')} }`;
  }

  private field(parent: GraphQLObjectType, field: GraphQLField<unknown, unknown>, depth: number): string {
    this.parts.add(`${parent.name}.${field.name}`);
    const type = getNamedType(field.type);
    const below = isObjectType(type) ? ` ${this.selection(type, depth + 1)}` : '';
    this.below = new Set((below.match(/\w+/g) ?? []).map(enumValueName));
    const args = field.args.flatMap((arg) => this.argument(`${parent.name}.${field.name}`, arg));
    // Arguments may clash with those of the same field elsewhere, so that one has a name of its own.
    const alias = this.random.chance(0.15) || args.length > 0 ? this.alias(field.name) : '';
    const list = args.length === 0 ? '' : `(${args.join(', ')})`;
    return `${alias}${field.name}${list}${this.directive()}${below}`;
  }

  private alias(name: string): string {
    this.aliases += 1;
    return this.aliases > 40 ? '' : `a${this.aliases}__${name}: `;
  }

  private directive(): string {
    if (!this.random.chance(0.03)) return '';
    const included = this.random.chance(0.8);
    const skip = this.random.chance(0.5);
    const name = skip ? '@skip' : '@include';
    const value = skip ? !included : included;
    if (this.random.chance(0.5)) return ` ${name}(if: ${value})`;
    const variable = `b${this.declared.length + 1}`;
    this.declared.push(`$${variable}: Boolean!`);
    this.variables[variable] = value;
    return ` ${name}(if: $${variable})`;
  }

  private argument(field: string, arg: GraphQLArgument): string[] {
    const { random } = this;
    const required = isNonNullType(arg.type) && arg.defaultValue === undefined;
    const part = `${field}(${arg.name})`;
    const usual = arg.name === 'first' || this.named(arg.type).length > 0 ? 0.85 : 0.5;
    if (!required && !random.chance(usual * this.memory.weight(part))) return [];
    this.parts.add(part);
    if (arg.name === 'after') {
      const variable = this.variable(arg.type, ['after'], random.chance(0.8) ? null : this.cursor());
      return [`after: $${variable}`];
    }
    const value = this.value(arg.type, [arg.name], 0, this.parts);
    if (random.chance(0.6)) return [`${arg.name}: $${this.variable(arg.type, [arg.name], value)}`];
    return [`${arg.name}: ${this.literal(arg.type, value)}`];
  }

  /** Values of an enum that name what is selected below: a group is shown only where it is asked for too. */
  private named(type: GraphQLInputType): string[] {
    const inner = getNamedType(type);
    if (!isEnumType(inner) || !isListType(getNullableType(type))) return [];
    return inner.getValues().flatMap(({ name }) => (this.below.has(name) ? [name] : []));
  }

  private cursor(): Plain {
    return this.memory.recall(this.random.one(CURSOR_FIELDS), this.random) ?? 'bm9uZQ';
  }

  private variable(type: GraphQLInputType, names: readonly string[], value: Plain): string {
    const name = `v${this.declared.length + 1}`;
    this.declared.push(`$${name}: ${String(type)}`);
    this.variables[name] = value;
    this.input.set(name, { type, names });
    return name;
  }

  private value(type: GraphQLInputType, names: readonly string[], depth: number, parts: Set<string>): Plain {
    const { random } = this;
    const inner = getNullableType(type);
    if (names[0] === 'after') return random.chance(0.5) ? null : this.cursor();
    if (isListType(inner)) {
      const named = this.named(inner);
      if (named.length > 0 && random.chance(0.8)) {
        const more = random.chance(0.3) ? [this.value(inner.ofType, names, depth + 1, parts)] : [];
        named.forEach((name) => parts.add(`${getNamedType(inner).name}.${name}`));
        return [...named, ...more];
      }
      const count = random.weighted([0, 1, 2, 3], (length) => [0.05, 4, 2, 1][length] ?? 1);
      return Array.from({ length: count }, () => this.value(inner.ofType, names, depth + 1, parts));
    }
    if (isEnumType(inner)) {
      const value = random.weighted(inner.getValues(), (one) =>
        this.memory.weight(`${inner.name}.${one.name}`),
      );
      parts.add(`${inner.name}.${value.name}`);
      return value.name;
    }
    if (isInputObjectType(inner)) {
      const fields = Object.values(inner.getFields());
      const named = new Map(fields.map((field) => [field.name, field]));
      if (named.size === 2 && named.has('from') && named.has('to')) return span(random);
      const required = fields.filter(
        (field) => isNonNullType(field.type) && field.defaultValue === undefined,
      );
      const optional = fields.filter(
        (field) => !required.includes(field) && (depth < DEEPEST_INPUT || isPlainInput(field)),
      );
      const chosen = [...required];
      const more = required.length > 0 && random.chance(0.5) ? 0 : random.chance(0.75) ? 1 : 2;
      for (let count = 0; count < more && optional.length > 0; count += 1) {
        const field = random.weighted(optional, (one) => this.memory.weight(`${inner.name}.${one.name}`));
        if (!chosen.includes(field)) chosen.push(field);
      }
      return Object.fromEntries(
        chosen.map((field) => {
          parts.add(`${inner.name}.${field.name}`);
          return [field.name, this.value(field.type, [field.name, ...names], depth + 1, parts)];
        }),
      );
    }
    const scalar = isScalarType(inner) ? inner.name : 'String';
    return scalarValue(scalar, names, random, this.memory);
  }

  /** A value as GraphQL writes it in a document. */
  private literal(type: GraphQLInputType, value: Plain): string {
    const inner = getNullableType(type);
    if (value === null) return 'null';
    if (isListType(inner) && Array.isArray(value)) {
      return `[${value.map((one) => this.literal(inner.ofType, one)).join(', ')}]`;
    }
    if (isInputObjectType(inner) && typeof value === 'object' && !Array.isArray(value)) {
      const fields = inner.getFields();
      const pairs = Object.entries(value).map(([name, one]) => {
        const field = fields[name];
        return `${name}: ${field === undefined ? 'null' : this.literal(field.type, one)}`;
      });
      return `{ ${pairs.join(', ')} }`;
    }
    return isEnumType(inner) && typeof value === 'string' ? value : JSON.stringify(value);
  }
}

function isLeaf(field: GraphQLField<unknown, unknown>): boolean {
  return !isObjectType(getNamedType(field.type));
}

function isPlainInput(field: GraphQLInputField): boolean {
  const type = getNamedType(field.type);
  if (!isInputObjectType(type)) return true;
  return Object.values(type.getFields()).every((one) => !isInputObjectType(getNamedType(one.type)));
}
