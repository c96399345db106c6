import { Kind, parse, print, visit, type ASTNode, type DocumentNode } from 'graphql';

/** A query cut down to what is needed for a fault to show. */

const TRIES = 120;
const REMOVABLE: ReadonlySet<string> = new Set([
  Kind.FIELD,
  Kind.ARGUMENT,
  Kind.OBJECT_FIELD,
  Kind.DIRECTIVE,
  Kind.FRAGMENT_SPREAD,
  Kind.INLINE_FRAGMENT,
]);

interface Sent {
  query: string;
  variables: Record<string, unknown>;
}

/** @param fails whether the fault still shows */
export async function smaller(body: string, fails: (body: string) => Promise<boolean>): Promise<string> {
  let best = JSON.parse(body) as Sent;
  let tries = 0;
  for (let changed = true; changed;) {
    changed = false;
    for (const candidate of candidates(best)) {
      tries += 1;
      if (tries > TRIES) return JSON.stringify(best);
      if (!(await fails(JSON.stringify(candidate)))) continue;
      best = candidate;
      changed = true;
      break;
    }
  }
  return JSON.stringify(best);
}

/** The query without one of its fields, arguments, directives, fragments or list items. */
function* candidates({ query, variables }: Sent): Generator<Sent> {
  const document = parse(query, { noLocation: true });
  const nodes: ASTNode[] = [];
  visit(document, {
    enter(node) {
      if (REMOVABLE.has(node.kind)) nodes.push(node);
    },
  });
  for (const gone of nodes) {
    const cut = tidy(visit<DocumentNode>(document, { enter: (node) => (node === gone ? null : undefined) }));
    if (cut !== undefined) yield { query: print(cut), variables: used(cut, variables) };
  }
}

/** Without fields that lost all below them, and fragments and variables that nothing uses; undefined when nothing is left. */
function tidy(document: DocumentNode): DocumentNode | undefined {
  let current = document;
  for (let changed = true; changed;) {
    changed = false;
    const names = new Set<string>();
    visit(current, {
      FragmentSpread: (node) => void names.add(node.name.value),
      Argument: (node) =>
        void visit(node, { Variable: (variable) => void names.add(`$${variable.name.value}`) }),
    });
    const remove = (): null => {
      changed = true;
      return null;
    };
    current = visit<DocumentNode>(current, {
      leave(node) {
        if ('selectionSet' in node && node.selectionSet?.selections.length === 0) return remove();
        if (node.kind === Kind.FRAGMENT_DEFINITION && !names.has(node.name.value)) return remove();
        if (node.kind === Kind.VARIABLE_DEFINITION && !names.has(`$${node.variable.name.value}`))
          return remove();
        return undefined;
      },
    });
    if (!current.definitions.some(({ kind }) => kind === Kind.OPERATION_DEFINITION)) return undefined;
  }
  return current;
}

function used(document: DocumentNode, variables: Record<string, unknown>): Record<string, unknown> {
  const declared = new Set<string>();
  visit(document, { VariableDefinition: (node) => void declared.add(node.variable.name.value) });
  return Object.fromEntries(Object.entries(variables).filter(([name]) => declared.has(name)));
}
