import { useEffect, useRef } from 'react';
import type { LinkedToken } from '../fragment';
import { isExpired, lifetimeInWords, readClaims } from '../jwt';
import type { Session } from '../session';
import { PasteToken } from './paste-token';

interface Props {
  session: Session;
  now: number;
  onAdd: (tokens: LinkedToken[]) => void;
  onRemove: (index: number) => void;
  onForgetAll: () => void;
  onClose: () => void;
}

/** The tokens of this tab: add, forget one, forget all. */
export function TokensDialog({ session, now, onAdd, onRemove, onForgetAll, onClose }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (dialog.current?.open === false) dialog.current.showModal();
  }, []);
  return (
    <dialog ref={dialog} className="sluice-dialog" aria-labelledby="tokens-title" onClose={onClose}>
      <div className="sluice-dialog-head">
        <h2 id="tokens-title">Tokens in this tab</h2>
        <button type="button" className="sluice-button" onClick={() => dialog.current?.close()}>
          Close
        </button>
      </div>
      <div className="sluice-scroll">
        <table>
          <thead>
            <tr>
              <th scope="col">Tenant</th>
              <th scope="col">Roles</th>
              <th scope="col">Subject</th>
              <th scope="col">Time</th>
              <th scope="col">
                <span className="sluice-hidden">Forget</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {session.tokens.map(({ token, label }, index) => {
              const claims = readClaims(token);
              if (claims === undefined) return null;
              const name = label ?? claims.subject ?? `token ${index + 1}`;
              return (
                <tr key={token} className={index === session.active ? 'sluice-active' : undefined}>
                  <td>{claims.tenant ?? '–'}</td>
                  <td>
                    {claims.roles.join(', ') || '–'}
                    {index === session.active && <span className="sluice-hidden"> (in use)</span>}
                  </td>
                  <td>{claims.subject ?? '–'}</td>
                  <td className={isExpired(claims, now) ? 'sluice-expired' : undefined}>
                    {lifetimeInWords(claims, now)}
                  </td>
                  <td>
                    <button
                      type="button"
                      className="sluice-button"
                      aria-label={`Forget the token of ${name}`}
                      onClick={() => onRemove(index)}
                    >
                      Forget
                    </button>
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      <PasteToken
        onAdd={(tokens) => {
          onAdd(tokens);
          dialog.current?.close();
        }}
      />
      <button type="button" className="sluice-button" onClick={onForgetAll}>
        Forget all tokens
      </button>
    </dialog>
  );
}
