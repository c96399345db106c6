import { useGraphiQL } from '@graphiql/react';
import { Fragment, useEffect, useRef } from 'react';
import { ACTION_WORDS, bytes, costInWords, dollars, maskingInWords } from '../answer';
import { setOpenTab, useAnswer } from '../answers';
import { adviceFor } from '../errors';
import type { Answer } from '../fetcher';

/** Below the response: as whom it was answered, what was masked, what it cost. */
export function AnswerStrip() {
  const { tab, fetchError, responseEditor } = useGraphiQL((state) => ({
    tab: state.tabs[state.activeTabIndex],
    fetchError: state.fetchError,
    responseEditor: state.responseEditor,
  }));
  const tabId = tab?.id ?? '';
  useEffect(() => setOpenTab(tabId), [tabId]);
  const answer = useAnswer(tabId);

  // GraphiQL writes a failed introspection over the response and leaves it there. Once the schema can be read
  // again, the tab's own response comes back.
  const response = useRef('');
  response.current = tab?.response ?? '';
  useEffect(() => {
    if (fetchError === null) return undefined;
    return () => {
      if (responseEditor?.getValue() === fetchError) responseEditor.setValue(response.current);
    };
  }, [fetchError, responseEditor]);

  if (fetchError !== null)
    return <p className="sluice-strip sluice-quiet">The gateway did not give this role its schema.</p>;
  if (answer === undefined) {
    return (
      <p className="sluice-strip sluice-quiet">
        Run a query, and this line says which fields were masked and what the answer cost.
      </p>
    );
  }
  const { errors, masking, cost } = answer;
  const summary = [
    errors.length > 0 ? `${errors.length} ${errors.length === 1 ? 'error' : 'errors'}` : undefined,
    masking && maskingInWords(masking),
    cost && costInWords(cost),
  ].filter((words) => words !== undefined);
  return (
    <details className="sluice-strip">
      <summary>
        <span role="status">
          <span className="sluice-as">
            {answer.role ?? 'no role'} at {answer.tenant ?? 'no tenant'}
          </span>
          {summary.length === 0 ? 'No report on masks and cost.' : `${summary.join(' · ')}`}
        </span>
      </summary>
      <div
        className="sluice-detail"
        tabIndex={0}
        role="region"
        aria-label="Masks and cost of the last answer"
      >
        <Errors answer={answer} />
        <Masks answer={answer} />
        <Calls answer={answer} />
      </div>
    </details>
  );
}

function Errors({ answer: { errors } }: { answer: Answer }) {
  if (errors.length === 0) return null;
  return (
    <section>
      <h3>Errors</h3>
      <ul>
        {errors.map(({ message, code }, index) => (
          <li key={index}>
            <strong>{message}</strong> {adviceFor(code)} {code !== undefined && <code>{code}</code>}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Masks({ answer: { masking } }: { answer: Answer }) {
  if (masking === undefined || masking.length === 0) return null;
  return (
    <section>
      <h3>Masked fields</h3>
      <table>
        <thead>
          <tr>
            <th scope="col">Field</th>
            <th scope="col">Action</th>
            <th scope="col">What you get</th>
          </tr>
        </thead>
        <tbody>
          {masking.map(({ path, action }) => (
            <tr key={`${path} ${action}`}>
              <td>
                <code>
                  {path.split('.').map((step, index) => (
                    <Fragment key={index}>
                      {index > 0 && '.'}
                      <wbr />
                      {step}
                    </Fragment>
                  ))}
                </code>
              </td>
              <td>{action}</td>
              <td>{ACTION_WORDS[action] ?? ''}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Calls({ answer: { cost, elapsedMs } }: { answer: Answer }) {
  return (
    <section>
      <h3>Engine calls</h3>
      {cost !== undefined && cost.engineCalls.length > 0 && (
        <table>
          <thead>
            <tr>
              <th scope="col">Engine</th>
              <th scope="col">Statement</th>
              <th scope="col">Scanned</th>
              <th scope="col">Time</th>
              <th scope="col">Cost</th>
            </tr>
          </thead>
          <tbody>
            {cost.engineCalls.map((call, index) => (
              <tr key={index}>
                <td>
                  {call.engine}
                  {call.shared && ' (shared)'}
                </td>
                <td>
                  <code>{call.statementId ?? '–'}</code>
                </td>
                <td>{bytes(call.scannedBytes)}</td>
                <td>{Math.round(call.elapsedMs)} ms</td>
                <td>{dollars(call.costUsd)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <p>The answer took {Math.round(elapsedMs)} ms, seen from this page.</p>
    </section>
  );
}
