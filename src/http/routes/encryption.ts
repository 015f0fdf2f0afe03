/** The key that clients encrypt uploads with (contract §10). */
import { Type } from 'typebox';
import type { AddRoute } from '../route.ts';
import type { Services } from '../services.ts';

export function addEncryptionRoutes(add: AddRoute, services: Services): void {
  add({
    method: 'GET',
    paths: ['/encryption/server-key', '/encryption/key'],
    id: 'getServerKey',
    summary: 'The public key for encrypted uploads, PEM',
    tag: 'Encryption',
    access: 'public',
    response: { 200: Type.Object({ publicKey: Type.String(), public_key: Type.String() }) },
    handler() {
      const publicKey = services.serverPublicKey();
      return { publicKey, public_key: publicKey };
    },
  });
}
