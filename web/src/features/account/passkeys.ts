import {
  browserSupportsWebAuthn,
  startAuthentication,
  startRegistration,
  WebAuthnError,
  type AuthenticationResponseJSON,
  type PublicKeyCredentialCreationOptionsJSON,
  type PublicKeyCredentialRequestOptionsJSON,
  type RegistrationResponseJSON,
} from '@simplewebauthn/browser';
import { Problem } from '@/shared/api/problem';

/** What the server asks a passkey, and the token with which the answer is sent back. */
interface Ceremony {
  token: string;
  options: Record<string, unknown>;
}

interface PasskeyAnswer {
  token: string;
  credential: Record<string, unknown>;
}

export const canUsePasskeys = browserSupportsWebAuthn;

/** Closing the browser's own window is no failure: nothing is said. */
export class PasskeyCancelled extends Error {}

async function answered(
  ceremony: Ceremony,
  ask: () => Promise<AuthenticationResponseJSON | RegistrationResponseJSON>,
): Promise<PasskeyAnswer> {
  try {
    return { token: ceremony.token, credential: { ...(await ask()) } };
  } catch (error) {
    if (error instanceof WebAuthnError && error.code === 'ERROR_AUTHENTICATOR_PREVIOUSLY_REGISTERED')
      throw new Problem(-1, 'passkey_known', 'This device has a passkey of your account already.');
    if (error instanceof Error && (error.name === 'NotAllowedError' || error.name === 'AbortError'))
      throw new PasskeyCancelled();
    throw new Problem(-1, 'passkey_failed', 'The browser could not use a passkey here. Try again, or use a password.');
  }
}

export const createPasskey = (ceremony: Ceremony) =>
  answered(ceremony, () =>
    startRegistration({ optionsJSON: ceremony.options as unknown as PublicKeyCredentialCreationOptionsJSON }),
  );

export const askPasskey = (ceremony: Ceremony) =>
  answered(ceremony, () =>
    startAuthentication({ optionsJSON: ceremony.options as unknown as PublicKeyCredentialRequestOptionsJSON }),
  );

/** A name for a new passkey by which its owner tells it from others: what browser and system it was made on. */
export function deviceName(agent: string): string {
  const browser = /Edg\//.test(agent)
    ? 'Edge'
    : /Firefox\//.test(agent)
      ? 'Firefox'
      : /Chrom(e|ium)\//.test(agent)
        ? 'Chrome'
        : /Safari\//.test(agent)
          ? 'Safari'
          : 'A browser';
  const system = /Android/.test(agent)
    ? 'Android'
    : /iPhone|iPad/.test(agent)
      ? 'an iPhone or iPad'
      : /Mac OS/.test(agent)
        ? 'a Mac'
        : /Windows/.test(agent)
          ? 'Windows'
          : /Linux/.test(agent)
            ? 'Linux'
            : null;
  return system === null ? browser : `${browser} on ${system}`;
}
