/** Photos of the project: an image element cannot send our headers, so its address says of which project it is. */
import { IconPhoto } from '@tabler/icons-react';
import { useState } from 'react';
import type { Scope } from '../api/call.ts';
import { useScope } from '../api/queries.ts';
import { w } from '../words.ts';

/** An address for `src` and `href`. */
export const addressOf = (path: string, { project, env }: Scope): string =>
  `/api/v1${path}${path.includes('?') ? '&' : '?'}as_project=${project}&as_env=${env}`;

export function Photo({ imageId, name, size = 320 }: { imageId: string; name: string; size?: number }) {
  const scope = useScope();
  const [failed, setFailed] = useState(false);
  return (
    <div className="photo-frame">
      {failed ? (
        <span className="photo-blank">
          <IconPhoto size={28} stroke={1.4} aria-hidden="true" />
          {w.session.noPreview}
        </span>
      ) : (
        <img
          src={addressOf(`/uploads/${imageId}/thumbnail?size=${size}`, scope)}
          alt={name}
          loading="lazy"
          onError={() => setFailed(true)}
        />
      )}
    </div>
  );
}
