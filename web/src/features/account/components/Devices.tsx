import { Button } from '@mantine/core';
import { api, doneOf } from '@/shared/api/client';
import { moment } from '@/shared/ui/time';
import { useRefresh } from '../api';
import { deviceName } from '../passkeys';
import type { Account } from '../types';
import { useSubmit } from '../useSubmit';
import classes from './Account.module.css';
import { Failure, Section } from './parts';

export function Devices({ devices }: { devices: Account['devices'] }) {
  const { run, isBusy, problem } = useSubmit();
  const refresh = useRefresh();
  const end = (device: string) => async () => {
    await doneOf(api.DELETE('/api/account/devices/{device}', { params: { path: { device } } }));
    await refresh();
  };
  const endOthers = async () => {
    await doneOf(api.DELETE('/api/account/devices'));
    await refresh();
  };
  return (
    <Section title="Devices" lead="Browsers in which you are signed in.">
      <Failure problem={problem} />
      <ul className={classes.list}>
        {devices.map(({ id, device, seen_at, current }) => (
          <li key={id} className={classes.item}>
            <span className={classes.what}>
              <strong>{deviceName(device)}</strong>
              <small>{current ? 'This browser' : `Last seen ${moment(seen_at)}`}</small>
            </span>
            {!current && (
              <Button
                variant="subtle"
                color="gray"
                aria-label={`Sign out ${deviceName(device)}`}
                onClick={() => void run(end(id))}
              >
                Sign out
              </Button>
            )}
          </li>
        ))}
      </ul>
      {devices.length > 1 && (
        <Button variant="default" loading={isBusy} onClick={() => void run(endOthers)}>
          Sign out everywhere else
        </Button>
      )}
    </Section>
  );
}
