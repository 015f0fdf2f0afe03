import { Modal } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { Link } from '@tanstack/react-router';
import { useScope } from '../../api/queries.ts';
import type { DeliveryStatus } from '../../api/types.ts';
import { addressOf, Photo } from '../../parts/photo.tsx';
import { Id, State } from '../../parts/text.tsx';
import { fill, size, w } from '../../words.ts';

/** A photo with the state of each of its destinations; a state leads to its delivery. */
export function PhotoCard({ file }: { file: DeliveryStatus['files'][number] }) {
  const scope = useScope();
  const [opened, modal] = useDisclosure(false);
  return (
    <li className="photo-card">
      <button
        type="button"
        onClick={modal.open}
        aria-label={fill(w.session.openPhoto, { name: file.filename })}
      >
        <Photo imageId={file.record_id} name="" />
      </button>
      <div className="photo-words">
        <span className="photo-name" title={file.filename}>
          {file.filename}
        </span>
        <span className="quiet">{size(file.size_bytes)}</span>
        {file.destinations.map((delivery) => (
          <Link
            key={delivery.destination_id}
            to="/p/$project/$env/deliveries/image/$image/$destination"
            params={{ ...scope, image: file.record_id, destination: delivery.destination_id } as never}
            title={delivery.last_error ?? undefined}
            className="photo-state"
          >
            <State state={delivery.status} />
            <span className="quiet">{delivery.name}</span>
          </Link>
        ))}
        {file.destinations.length === 0 ? <State state="sent" label={w.states.received} /> : null}
      </div>
      <Modal
        opened={opened}
        onClose={modal.close}
        size="xl"
        title={file.filename}
        closeButtonProps={{ 'aria-label': w.common.close }}
      >
        <Large file={file} />
      </Modal>
    </li>
  );
}

function Large({ file }: { file: DeliveryStatus['files'][number] }) {
  const scope = useScope();
  return (
    <div className="stack">
      <Photo imageId={file.record_id} name={file.filename} size={1280} />
      <div className="row spread">
        <Id value={file.record_id} />
        <a href={addressOf(`/uploads/${file.record_id}/download`, scope)} download={file.filename}>
          {w.common.download} ({size(file.size_bytes)})
        </a>
      </div>
    </div>
  );
}
