import { times } from './bad-inputs';

/** Queries many times larger than any that makes sense, by what there is too much of. */
export const FLOODS: Record<string, string> = {
  'too many tokens': `{ viewer { ${times(4_000, () => 'role')} } }`,
  'too many fields': `{ viewer { ${times(1_200, () => 'role')} } }`,
  'too many aliases': `{ viewer { ${times(101, (index) => `a${index}: role`)} } }`,
  'aliases through a fragment': `{ ${times(30, () => '...f')} a: erp { ...s } b: erp { ...s } }
      fragment f on Query { viewer { role } }
      fragment s on Erp { ${times(60, (index) => `a${index}: salesLines { totalCount }`)} }`,
  'fragments that double': `{ ...f0 } ${times(30, (index) => `fragment f${index} on Query { ...f${index + 1} ...f${index + 1} }`)}
      fragment f30 on Query { viewer { role } }`,
  'fragments in a circle': '{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }',
  'introspection many times': `{ ${times(20, (index) => `a${index}: __schema { types { name } }`)} }`,
  'introspection too deep':
    '{ __schema { types { fields { type { fields { type { fields { type { name } } } } } } } } }',
  'aliases below introspection': `{ __schema { types { inputFields { type { inputFields {
      ${times(900, (index) => `a${index}: description`)} } } } } } }`,
  'few aliases over much introspection': `{ __schema { types { ${times(
    90,
    (index) => `a${index}: inputFields { type { inputFields { name description defaultValue } } }`,
  )} } } }`,
  'unknown directives': `{ viewer { role ${times(900, (index) => `@a${index}`)} } }`,
  'unknown fields': `{ viewer { ${times(900, (index) => `roles${index}`)} } }`,
  'brackets without end': '{'.repeat(3_900),
  'lists without end': `{ erp { salesLines(where: { and: ${'['.repeat(1_900)}${']'.repeat(1_900)} }) { totalCount } } }`,
  'a name without end': `{ ${'a'.repeat(250_000)} }`,
  'the same field with other arguments': `{ erp { ${times(300, (index) => `salesLines(first: ${index + 1}) { totalCount }`)} } }`,
};
