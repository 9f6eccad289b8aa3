import { Button } from '@mantine/core';
import { api, dataOf, doneOf } from '@/shared/api/client';
import { day } from '@/shared/ui/time';
import { useRefresh } from '../api';
import { canUsePasskeys, createPasskey, deviceName } from '../passkeys';
import type { Account } from '../types';
import { useSubmit } from '../useSubmit';
import classes from './Account.module.css';
import { Failure, Section } from './parts';

export function Passkeys({ account }: { account: Account }) {
  const { run, isBusy, problem } = useSubmit();
  const refresh = useRefresh();
  const add = async () => {
    const answer = await createPasskey(await dataOf(api.POST('/api/passkeys')));
    const name = deviceName(navigator.userAgent);
    await doneOf(api.POST('/api/passkeys/finish', { body: { ...answer, name, take_along: true } }));
    await refresh();
  };
  const remove = (passkey: string) => async () => {
    await doneOf(api.DELETE('/api/passkeys/{passkey}', { params: { path: { passkey } } }));
    await refresh();
  };
  return (
    <Section
      title="Passkeys"
      lead="Your device signs you in with a fingerprint, a face or a PIN. Nothing can be guessed, and nothing stolen from this server."
    >
      <Failure problem={problem} />
      {account.passkeys.length > 0 && (
        <ul className={classes.list}>
          {account.passkeys.map((passkey) => (
            <li key={passkey.id} className={classes.item}>
              <span className={classes.what}>
                <strong>{passkey.name}</strong>
                <small>
                  Made {day(passkey.created_at)}
                  {passkey.used_at !== null && `, last used ${day(passkey.used_at)}`}
                  {passkey.synced && '. Kept by a password manager'}
                </small>
              </span>
              <Button
                variant="subtle"
                color="gray"
                aria-label={`Remove ${passkey.name}`}
                onClick={() => void run(remove(passkey.id))}
              >
                Remove
              </Button>
            </li>
          ))}
        </ul>
      )}
      {canUsePasskeys() ? (
        <Button variant="default" loading={isBusy} onClick={() => void run(add)}>
          Add a passkey
        </Button>
      ) : (
        <p>This browser cannot use passkeys at this address: it needs https, or localhost.</p>
      )}
    </Section>
  );
}
