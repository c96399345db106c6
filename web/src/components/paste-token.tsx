import { type FormEvent, useId, useState } from 'react';
import { type LinkedToken, readFragment } from '../fragment';
import { readClaims } from '../jwt';

/** A box for one token, or for a whole ready-made link. */
export function PasteToken({ onAdd }: { onAdd: (tokens: LinkedToken[]) => void }) {
  const id = useId();
  const [text, setText] = useState('');
  const [problem, setProblem] = useState<string>();

  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const pasted = text.trim().replace(/^Bearer\s+/i, '');
    const tokens =
      readClaims(pasted) === undefined
        ? readFragment(pasted.slice(pasted.indexOf('#') + 1)).tokens
        : [{ token: pasted }];
    if (tokens.length === 0) {
      setProblem(
        'This is not a token. A token has three parts with dots between them and starts with "eyJ".',
      );
      return;
    }
    setText('');
    setProblem(undefined);
    onAdd(tokens);
  };

  return (
    <form className="sluice-paste" onSubmit={submit}>
      <label htmlFor={id}>Paste a token or a ready-made link</label>
      <textarea
        id={id}
        rows={3}
        value={text}
        onChange={({ target }) => setText(target.value)}
        autoComplete="off"
        spellCheck={false}
        aria-invalid={problem !== undefined}
        aria-describedby={problem === undefined ? undefined : `${id}-problem`}
      />
      {problem !== undefined && (
        <p id={`${id}-problem`} className="sluice-problem" role="alert">
          {problem}
        </p>
      )}
      <button type="submit" className="sluice-button sluice-primary" disabled={text.trim() === ''}>
        Use this token
      </button>
    </form>
  );
}
