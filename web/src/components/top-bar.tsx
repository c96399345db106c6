import { isExpired, lifetimeInWords } from '../jwt';
import { choicesByTenant, type Identity, type Session } from '../session';

interface Props {
  session: Session;
  identity: Identity;
  now: number;
  onChoose: (index: number, role: string) => void;
  onManage: () => void;
}

/** Who the page speaks as, and the switch between roles and tokens. */
export function TopBar({ session, identity, now, onChoose, onManage }: Props) {
  const { claims } = identity;
  const expired = isExpired(claims, now);
  const choices = [...choicesByTenant(session, now)];
  return (
    <header className="sluice-bar">
      <h1 className="sluice-brand">
        Sluice <span>GraphiQL</span>
      </h1>
      <label className="sluice-role">
        <span>Acting as</span>
        <select
          id="acting-role"
          value={`${session.active} ${identity.role ?? ''}`}
          onChange={({ target }) => {
            const [index = '0', role = ''] = target.value.split(' ', 2);
            onChoose(Number(index), role);
          }}
        >
          {choices.map(([tenant, group]) => (
            <optgroup key={tenant} label={tenant}>
              {group.map(({ index, role, text }) => (
                <option key={`${index} ${role}`} value={`${index} ${role}`}>
                  {text}
                </option>
              ))}
            </optgroup>
          ))}
        </select>
      </label>
      <dl className="sluice-facts">
        <div>
          <dt>Tenant</dt>
          <dd id="acting-tenant">{claims.tenant ?? 'none named'}</dd>
        </div>
        <div>
          <dt>Signed in as</dt>
          <dd>{claims.subject ?? 'nobody named'}</dd>
        </div>
        <div className={expired ? 'sluice-expired' : undefined}>
          <dt>Token</dt>
          <dd>{lifetimeInWords(claims, now)}</dd>
        </div>
      </dl>
      <button type="button" className="sluice-button" onClick={onManage}>
        Tokens…
      </button>
    </header>
  );
}
