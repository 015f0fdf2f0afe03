/** Choosing the target folder of a connected account. */
import { Breadcrumbs, Button, Group, Loader, Modal, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconFolder, IconFolderPlus } from '@tabler/icons-react';
import { useState } from 'react';
import { useChange, useData } from '../../api/queries.ts';
import type { Destination, Folder } from '../../api/types.ts';
import { tell, tellProblem } from '../../parts/ask.tsx';
import { Problem } from '../../parts/page.tsx';
import { w } from '../../words.ts';

const one = '/projects/{project}/destinations/{destination}';

export function FolderPicker({ destination }: { destination: Destination }) {
  const [opened, modal] = useDisclosure(false);
  return (
    <>
      <Button variant="default" leftSection={<IconFolder size={16} />} onClick={modal.open}>
        {w.destinations.chooseFolder}
      </Button>
      <Modal
        opened={opened}
        onClose={modal.close}
        title={w.destinations.chooseFolder}
        closeButtonProps={{ 'aria-label': w.common.close }}
      >
        {opened ? <Picker destination={destination} close={modal.close} /> : null}
      </Modal>
    </>
  );
}

function Picker({ destination, close }: { destination: Destination; close: () => void }) {
  const path = { destination: destination.id };
  const [trail, setTrail] = useState<Folder[]>([]);
  const [name, setName] = useState('');
  const here = trail.at(-1);
  const list = useData(`${one}/folders`, { path, query: { parent: here?.id } });
  const make = useChange(
    (_: undefined, send) =>
      send('post', `${one}/folders`, { path, body: { parent: here?.id ?? null, name: name.trim() } }),
    [`/projects/{project}/destinations/${destination.id}/folders`],
  );
  const choose = useChange(
    (folder: Folder, send) =>
      send('patch', one, {
        path,
        body: {
          config: { folder_id: folder.id, folder: folder.path ?? trail.map((step) => step.name).join('/') },
        },
      }),
    ['/projects/{project}/destinations'],
  );
  return (
    <div className="stack">
      <Breadcrumbs>
        <button type="button" className="crumb" onClick={() => setTrail([])}>
          {w.destinations.folderTop}
        </button>
        {trail.map((folder, at) => (
          <button
            key={folder.id}
            type="button"
            className="crumb"
            onClick={() => setTrail(trail.slice(0, at + 1))}
          >
            {folder.name}
          </button>
        ))}
      </Breadcrumbs>
      {list.isPending ? <Loader size="sm" /> : null}
      {list.error ? <Problem error={list.error} retry={() => void list.refetch()} /> : null}
      <ul className="folders">
        {list.data?.folders.map((folder) => (
          <li key={folder.id}>
            <button type="button" onClick={() => setTrail([...trail, folder])}>
              <IconFolder size={18} aria-hidden="true" /> {folder.name}
            </button>
          </li>
        ))}
      </ul>
      {list.data?.folders.length === 0 ? <p className="quiet">{w.destinations.noFolders}</p> : null}
      <div className="row nowrap">
        <TextInput
          aria-label={w.destinations.newFolder}
          placeholder={w.destinations.newFolder}
          value={name}
          maxLength={255}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Button
          variant="default"
          leftSection={<IconFolderPlus size={16} />}
          disabled={name.trim() === ''}
          loading={make.isPending}
          onClick={() =>
            void make.mutateAsync(undefined).then((folder) => {
              setName('');
              setTrail([...trail, folder]);
            }, tellProblem)
          }
        >
          {w.destinations.newFolder}
        </Button>
      </div>
      <Group justify="flex-end">
        <Button
          disabled={!here}
          loading={choose.isPending}
          onClick={() =>
            void choose.mutateAsync(here!).then(() => {
              tell(w.common.saved);
              close();
            }, tellProblem)
          }
        >
          {w.destinations.useFolder}
        </Button>
      </Group>
    </div>
  );
}
