import { DOC_EXPLORER_PLUGIN } from '@graphiql/plugin-doc-explorer';
import { GraphiQL, HISTORY_PLUGIN } from 'graphiql';
import { useEffect, useMemo, useState } from 'react';
import { keepAnswer } from './answers';
import { takeFragment } from './arrival';
import { AnswerStrip } from './components/answer-strip';
import { ExamplesMenu } from './components/examples-menu';
import { FollowSystemTheme } from './components/follow-system-theme';
import { TokenPanel } from './components/token-panel';
import { TokensDialog } from './components/tokens-dialog';
import { TopBar } from './components/top-bar';
import { createFetcher } from './fetcher';
import type { FragmentContent, LinkedToken } from './fragment';
import { isExpired } from './jwt';
import {
  activate,
  addTokens,
  EMPTY_SESSION,
  type Identity,
  identityOf,
  loadSession,
  removeToken,
  saveSession,
} from './session';
import { tokenFreeStorage } from './storage';
import { useNow } from './use-now';

/** Relative to the page, so that a path in front of /graphiql/ works too. */
const ENDPOINT = new URL('../graphql', document.baseURI).href;

/** Constants, because GraphiQL opens the documentation again whenever it gets a new list. */
const PLUGINS = [HISTORY_PLUGIN];
const EDITOR_STORAGE = tokenFreeStorage(sessionStorage);

const FIRST_QUERY = `# Sluice answers as one role, the
# one chosen at the top of the page.
# Ctrl-Enter asks who the gateway
# takes you for.

query WhoAmI {
  viewer {
    subject
    tenant
    role
    roles
  }
}
`;

/** The page: a box for a token while there is none, then GraphiQL. */
export function App({ arrival }: { arrival: FragmentContent }) {
  const [session, setSession] = useState(() => addTokens(loadSession(sessionStorage), arrival.tokens));
  const [linkProblem, setLinkProblem] = useState(arrival.problem);
  const [trouble, setTrouble] = useState<{ identity: Identity; words: string }>();
  const [managing, setManaging] = useState(false);
  const now = useNow(15_000);

  useEffect(() => saveSession(sessionStorage, session), [session]);

  // Another ready-made link pasted into this tab changes the fragment without loading the page again.
  useEffect(() => {
    const onHashChange = (): void => {
      const { found, tokens, problem } = takeFragment();
      if (!found) return;
      setLinkProblem(problem);
      setSession((current) => addTokens(current, tokens));
    };
    window.addEventListener('hashchange', onHashChange);
    return () => window.removeEventListener('hashchange', onHashChange);
  }, []);

  // A new fetcher makes GraphiQL drop the schema and ask for the one of the new role. It runs no operation.
  const identity = useMemo(() => identityOf(session), [session]);
  const fetcher = useMemo(
    () =>
      identity &&
      createFetcher(ENDPOINT, identity, {
        onAnswer: keepAnswer,
        onTrouble: (words) => setTrouble(words === undefined ? undefined : { identity, words }),
      }),
    [identity],
  );

  const add = (tokens: LinkedToken[]): void => {
    setLinkProblem(undefined);
    setSession((current) => addTokens(current, tokens));
  };

  if (identity === undefined || fetcher === undefined)
    return <TokenPanel problem={linkProblem} onAdd={add} />;

  const expired = isExpired(identity.claims, now);
  const notice = expired
    ? 'This token has expired, so the gateway will refuse it. Add another token, or choose one that is still good.'
    : trouble?.identity === identity
      ? trouble?.words
      : linkProblem;
  return (
    <div className="sluice-page">
      <TopBar
        session={session}
        identity={identity}
        now={now}
        onChoose={(index, role) => {
          setLinkProblem(undefined);
          setSession((current) => activate(current, index, role));
        }}
        onManage={() => setManaging(true)}
      />
      {notice !== undefined && (
        <div className="sluice-notice" role="alert">
          <span>{notice}</span>
          <button type="button" className="sluice-button" onClick={() => setManaging(true)}>
            Add a token
          </button>
        </div>
      )}
      <main className="sluice-main">
        <GraphiQL
          fetcher={fetcher}
          storage={EDITOR_STORAGE}
          plugins={PLUGINS}
          visiblePlugin={DOC_EXPLORER_PLUGIN}
          defaultQuery={FIRST_QUERY}
          shouldPersistHeaders={false}
          showPersistHeadersSettings={false}
          isHeadersEditorEnabled
          defaultEditorToolsVisibility
          schemaDescription
          inputValueDeprecation
        >
          <GraphiQL.Logo>
            <ExamplesMenu />
          </GraphiQL.Logo>
          <GraphiQL.Footer>
            <AnswerStrip />
          </GraphiQL.Footer>
          <FollowSystemTheme />
        </GraphiQL>
      </main>
      {managing && (
        <TokensDialog
          session={session}
          now={now}
          onAdd={add}
          onRemove={(index) => setSession((current) => removeToken(current, index))}
          onForgetAll={() => setSession(EMPTY_SESSION)}
          onClose={() => setManaging(false)}
        />
      )}
    </div>
  );
}
