/** WebAuthn: the browser talks to the key, the server checks what it says. Throws AperturError, or DOMException when refused. */
import { authenticate } from './call.ts';

export async function signInWithPasskey(): Promise<void> {
  const options = await authenticate<PublicKeyCredentialRequestOptionsJSON>(
    '/passkey/generate-authenticate-options',
  );
  const credential = await navigator.credentials.get({
    publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options),
  });
  await authenticate('/passkey/verify-authentication', {
    response: (credential as PublicKeyCredential).toJSON(),
  });
}

export async function addPasskey(name: string): Promise<void> {
  const options = await authenticate<PublicKeyCredentialCreationOptionsJSON>(
    '/passkey/generate-register-options',
  );
  const credential = await navigator.credentials.create({
    publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options),
  });
  await authenticate('/passkey/verify-registration', {
    response: (credential as PublicKeyCredential).toJSON(),
    name,
  });
}
