/** Apps that were let in: into a project, or by a person. */
import { Button } from '@mantine/core';
import { useChange, useData } from '../../api/queries.ts';
import type { OAuthGrant } from '../../api/types.ts';
import { ask, tellProblem } from '../../parts/ask.tsx';
import { Refusal } from '../../parts/door.tsx';
import { Panel } from '../../parts/page.tsx';
import { Ago } from '../../parts/text.tsx';
import { w } from '../../words.ts';

/** `mine`: those of the person, not of the project. */
export function Grants(props: { title: string; help: string; may: boolean; mine?: boolean }) {
  const { mine = false } = props;
  const path = mine ? '/me/grants' : '/projects/{project}/oauth-grants';
  const grants = useData(path, { global: mine });
  const revoke = useChange(
    async (id: string, send) => {
      if (mine) await send('delete', '/me/grants/{grant}', { path: { grant: id } });
      else await send('delete', '/projects/{project}/oauth-grants/{grant}', { path: { grant: id } });
    },
    [path],
  );
  const askRevoke = (grant: OAuthGrant) =>
    ask({
      title: `${w.apps.revoke}: ${grant.appName}`,
      text: w.apps.deleteText,
      confirm: w.apps.revoke,
      run: () => revoke.mutateAsync(grant.id).catch(tellProblem),
    });
  return (
    <Panel title={props.title} help={props.help}>
      <ul className="plain">
        {grants.data?.map((grant) => (
          <li key={grant.id} className="row spread">
            <span>
              <strong>{grant.appName}</strong>{' '}
              <span className="help">
                · {mine ? grant.projectName : grant.personName} · <Ago at={grant.createdAt} />
              </span>
            </span>
            <span className="chips">
              {grant.scopes.map((name) => (
                <span key={name} className="chip" title={(w.consent.scopes as Record<string, string>)[name]}>
                  {name}
                </span>
              ))}
            </span>
            {props.may ? (
              <Button
                size="xs"
                variant="default"
                aria-label={`${w.apps.revoke}: ${grant.appName}`}
                onClick={() => askRevoke(grant)}
              >
                {w.apps.revoke}
              </Button>
            ) : null}
          </li>
        ))}
      </ul>
      <Refusal error={grants.error} />
      {grants.data?.length === 0 ? <p className="quiet">{w.apps.noGrants}</p> : null}
    </Panel>
  );
}
