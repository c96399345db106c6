import { DropdownMenu, useGraphiQL, useGraphiQLActions } from '@graphiql/react';
import { useEffect, useMemo, useState } from 'react';
import { type Example, readExamples, usableExamples } from '../examples';

const ADDRESS = new URL('examples.json', document.baseURI).href;

/** Example operations that the acting role can run. Choosing one opens it in a new tab and runs nothing. */
export function ExamplesMenu() {
  const [examples, setExamples] = useState<Example[]>([]);
  const { schema, queryEditor, variableEditor } = useGraphiQL(({ schema, queryEditor, variableEditor }) => ({
    schema,
    queryEditor,
    variableEditor,
  }));
  const actions = useGraphiQLActions();

  useEffect(() => {
    const abort = new AbortController();
    // Examples are a help, not a need: without the file there is no menu.
    fetch(ADDRESS, { signal: abort.signal })
      .then(async (response) => (response.ok ? readExamples(await response.json()) : []))
      .then(setExamples, () => undefined);
    return () => abort.abort();
  }, []);

  const usable = useMemo(() => (schema ? usableExamples(examples, schema) : []), [examples, schema]);
  if (usable.length === 0) return null;
  return (
    <DropdownMenu>
      <DropdownMenu.Button className="sluice-button sluice-examples">
        Examples ({usable.length}) <span aria-hidden="true">▾</span>
      </DropdownMenu.Button>
      <DropdownMenu.Content className="graphiql-dropdown-content sluice-menu" align="end">
        {usable.map(({ name, description, query, variables }) => (
          <DropdownMenu.Item
            key={name}
            className="graphiql-dropdown-item sluice-menu-item"
            onSelect={() => {
              actions.addTab();
              queryEditor?.setValue(query);
              variableEditor?.setValue(variables);
            }}
          >
            <strong>{name}</strong>
            <span>{description}</span>
          </DropdownMenu.Item>
        ))}
      </DropdownMenu.Content>
    </DropdownMenu>
  );
}
