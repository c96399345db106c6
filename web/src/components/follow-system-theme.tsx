import { useGraphiQL, useGraphiQLActions } from '@graphiql/react';
import { useEffect } from 'react';

/** Recolours the editors when the system turns dark or light; GraphiQL alone looks only when it starts. */
export function FollowSystemTheme() {
  const { theme } = useGraphiQL(({ theme }) => ({ theme }));
  const { setTheme } = useGraphiQLActions();
  useEffect(() => {
    if (theme !== null) return undefined;
    const query = window.matchMedia('(prefers-color-scheme: dark)');
    const onChange = (): void => setTheme(null);
    query.addEventListener('change', onChange);
    return () => query.removeEventListener('change', onChange);
  }, [theme, setTheme]);
  return null;
}
