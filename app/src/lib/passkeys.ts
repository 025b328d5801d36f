// Passkeys: the browser's own JSON forms in and out.
import { read } from './api';

export const passkeysWork = (): boolean =>
  'credentials' in navigator && typeof PublicKeyCredential !== 'undefined' &&
  'parseRequestOptionsFromJSON' in PublicKeyCredential;

/** Ask the browser to answer a challenge of ours; returns the credential as JSON. */
export async function answerChallenge(path: string): Promise<unknown> {
  const { options } = await read<{ options: PublicKeyCredentialRequestOptionsJSON }>(path, { method: 'POST' });
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
  const found = (await navigator.credentials.get({ publicKey })) as PublicKeyCredential | null;
  return found?.toJSON();
}

/** Register a passkey for whoever is signed in. */
export async function registerPasskey(label: string): Promise<void> {
  const { options } = await read<{ options: PublicKeyCredentialCreationOptionsJSON }>(
    '/v1/passkeys/options', { method: 'POST' },
  );
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
  const made = (await navigator.credentials.create({ publicKey })) as PublicKeyCredential | null;
  await read('/v1/passkeys', { method: 'POST', body: { credential: made?.toJSON(), label } });
}
