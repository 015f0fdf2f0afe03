/** Connecting an account: the person signs in at the service and comes back here. */
import { Button } from '@mantine/core';
import { IconPlugConnected } from '@tabler/icons-react';
import { useChange, useScope } from '../../api/queries.ts';
import { tellProblem } from '../../parts/ask.tsx';
import { w } from '../../words.ts';

interface Props {
  kind: string;
  /** Of an existing destination. */
  destination?: string;
  name?: string;
  config?: Record<string, unknown>;
  label?: string;
}

export function ConnectButton({ kind, destination, name, config = {}, label }: Props) {
  const scope = useScope();
  const start = useChange((_: undefined, send) => {
    const settings = Object.fromEntries(
      Object.entries(config)
        .filter(([, value]) => ['string', 'number', 'boolean'].includes(typeof value))
        .map(([key, value]) => [key, String(value)]),
    );
    const query = {
      ...settings,
      destination,
      name,
      return_to: `/p/${scope.project}/${scope.env}/destinations`,
    };
    return send('get', '/projects/{project}/destinations/oauth/{provider}/start', {
      path: { provider: kind },
      query,
    });
  });
  return (
    <Button
      leftSection={<IconPlugConnected size={18} />}
      loading={start.isPending || start.isSuccess}
      onClick={() =>
        start.mutateAsync(undefined).then(({ authorizeUrl }) => location.assign(authorizeUrl), tellProblem)
      }
    >
      {label ?? w.destinations.connect}
    </Button>
  );
}
