import type { LinkedToken } from '../fragment';
import { PasteToken } from './paste-token';

/** The whole page while there is no token. */
export function TokenPanel({
  problem,
  onAdd,
}: {
  problem: string | undefined;
  onAdd: (tokens: LinkedToken[]) => void;
}) {
  return (
    <main className="sluice-welcome">
      <section className="sluice-card" aria-labelledby="welcome-title">
        <p className="sluice-brand">
          Sluice <span>GraphiQL</span>
        </p>
        <h1 id="welcome-title">Asking needs a token</h1>
        {problem !== undefined && (
          <p className="sluice-problem" role="alert">
            {problem}
          </p>
        )}
        <p>
          The gateway answers nobody that it doesn’t know. A token says who you are, for which tenant, and in
          which roles. Get one in either way:
        </p>
        <ul>
          <li>
            Open one of the links that <code>npm start</code> prints, one for each role.
          </li>
          <li>
            Or make one in the project’s folder and paste it here:
            <pre tabIndex={0}>npm run token -- --role ROLE --tenant TENANT</pre>
          </li>
        </ul>
        <PasteToken onAdd={onAdd} />
        <p className="sluice-small">
          The token stays in this browser tab and is gone when you close it. It is never part of an address.
        </p>
      </section>
    </main>
  );
}
