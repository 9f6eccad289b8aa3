import { useState } from 'react';
import { Button, Checkbox, PasswordInput, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { api, dataOf } from '@/shared/api/client';
import { Problem } from '@/shared/api/problem';
import { useSession } from '@/shared/session/useSession';
import { becomes, useSignInOptions } from '../api';
import { askPasskey, canUsePasskeys } from '../passkeys';
import type { Person } from '../types';
import { useSubmit } from '../useSubmit';
import classes from './Account.module.css';
import { Failure, NarrowPage } from './parts';

/** What a service that one signed in with can have sent back. */
const FAILED: Record<string, string> = {
  ceremony_over: 'That sign-in took too long, or was begun in another browser. Start it again.',
  provider_failed: 'The other service did not sign you in. Try again, or sign in another way.',
  identity_taken: 'Somebody else’s account here is connected with that sign-in already.',
  registration_closed:
    'You have no account here yet, and nobody can sign up by themselves. Ask whoever runs this server.',
  invite_needed: 'You have no account here yet, and signing up needs an invitation.',
  already_signed_up: 'You are signed in. Connect the other service on your account’s page.',
};

export function SignInPage() {
  const { data: options } = useSignInOptions();
  const { data: person } = useSession();
  const { failed } = useSearch({ strict: false });
  const [username, setUsername] = useState('');
  const [password, setPassword] = useState('');
  const [takeAlong, setTakeAlong] = useState(true);
  const { run, onSubmit, isBusy, fieldless, field } = useSubmit();
  const client = useQueryClient();
  const navigate = useNavigate();

  const enter = async (pending: Promise<{ person: Person | null }>) => {
    await becomes(client, (await pending).person);
    await navigate({ to: '/studio', replace: true });
  };
  const withPassword = () =>
    enter(dataOf(api.POST('/api/sign-in', { body: { username, password, take_along: takeAlong } })));
  const withPasskey = async () => {
    const answer = await askPasskey(await dataOf(api.POST('/api/passkeys/sign-in')));
    await enter(dataOf(api.POST('/api/passkeys/sign-in/finish', { body: { ...answer, take_along: takeAlong } })));
  };
  const told = FAILED[failed ?? ''];

  return (
    <NarrowPage title="Sign in" lead="To what you made before, from any browser.">
      <Failure problem={fieldless ?? (told === undefined ? null : new Problem(-1, failed ?? '', told))} />
      <div className={classes.choices}>
        {canUsePasskeys() && (
          <Button size="md" onClick={() => void run(withPasskey)} disabled={isBusy}>
            Sign in with a passkey
          </Button>
        )}
        {options?.providers.map(({ id, name }) => (
          <Button key={id} component="a" size="md" variant="default" href={`/api/sign-in/${id}?inside=/studio`}>
            Sign in with {name}
          </Button>
        ))}
      </div>
      <p className={classes.or}>or with a password</p>
      <form className={classes.form} onSubmit={onSubmit(withPassword)}>
        <TextInput
          label="Your name to sign in with"
          autoComplete="username webauthn"
          autoCapitalize="none"
          required
          withAsterisk={false}
          value={username}
          error={field('username')}
          onChange={(event) => setUsername(event.currentTarget.value)}
        />
        <PasswordInput
          label="Password"
          autoComplete="current-password"
          required
          withAsterisk={false}
          value={password}
          error={field('password')}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
        {person?.guest === true && (
          <Checkbox
            label="Bring along what I made here as a guest"
            checked={takeAlong}
            onChange={(event) => setTakeAlong(event.currentTarget.checked)}
          />
        )}
        <Button type="submit" loading={isBusy}>
          Sign in
        </Button>
      </form>
      <p className={classes.after}>
        {options?.registration !== 'closed' && (
          <>
            New here? <Link to="/sign-up">Make an account</Link>
            <br />
          </>
        )}
        <Link to="/forgot">I forgot my password</Link>
      </p>
    </NarrowPage>
  );
}
