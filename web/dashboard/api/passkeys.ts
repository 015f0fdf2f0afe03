/** WebAuthn: the browser talks to the key, the server checks what it says. Throws ApiError, or DOMException when refused. */
import { call } from './call.ts';

export async function signInWithPasskey(): Promise<void> {
  const options = await call<PublicKeyCredentialRequestOptionsJSON>(
    'GET',
    '/api/auth/passkey/generate-authenticate-options',
  );
  const credential = await navigator.credentials.get({
    publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options),
  });
  await call('POST', '/api/auth/passkey/verify-authentication', {
    body: { response: (credential as PublicKeyCredential).toJSON() },
  });
}

export async function addPasskey(name: string): Promise<void> {
  const options = await call<PublicKeyCredentialCreationOptionsJSON>(
    'GET',
    '/api/auth/passkey/generate-register-options',
  );
  const credential = await navigator.credentials.create({
    publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options),
  });
  await call('POST', '/api/auth/passkey/verify-registration', {
    body: { response: (credential as PublicKeyCredential).toJSON(), name },
  });
}
