import { useState } from 'react';
import { Button, PasswordInput, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { api, dataOf } from '@/shared/api/client';
import { useSession } from '@/shared/session/useSession';
import { becomes, useSignInOptions } from '../api';
import { canUsePasskeys, createPasskey, deviceName } from '../passkeys';
import type { Person } from '../types';
import { useSubmit } from '../useSubmit';
import classes from './Account.module.css';
import { Failure, NarrowPage } from './parts';

const LEADS = {
  open: 'An account lets you come back from any browser.',
  invite: 'This server is by invitation: open the link that you were sent, or paste what stands behind its #.',
  approval: 'After you sign up, somebody who looks after this server says yes to you. Until then you are a guest.',
  closed: '',
};

export function SignUpPage() {
  const { data: options } = useSignInOptions();
  if (options?.registration === 'closed')
    return (
      <NarrowPage
        title="Nobody can sign up here"
        lead="Whoever runs this server makes the accounts. Ask them for one; they will send you a link."
      >
        <p className={classes.after}>
          <Link to="/sign-in">Sign in</Link>
        </p>
      </NarrowPage>
    );
  return <SignUpForm registration={options?.registration ?? 'open'} />;
}

function SignUpForm({ registration }: { registration: keyof typeof LEADS }) {
  const { data: person } = useSession();
  const [username, setUsername] = useState('');
  const [password, setPassword] = useState('');
  const [invite, setInvite] = useState(() => location.hash.slice(1));
  const { run, onSubmit, isBusy, fieldless, field } = useSubmit();
  const client = useQueryClient();
  const navigate = useNavigate();

  const wish = { username, ...(invite !== '' && { invite }) };
  const enter = async (pending: Promise<{ person: Person | null }>) => {
    await becomes(client, (await pending).person);
    await navigate({ to: '/studio', replace: true });
  };
  const withPassword = () => enter(dataOf(api.POST('/api/sign-up', { body: { ...wish, password } })));
  const withPasskey = async () => {
    const answer = await createPasskey(await dataOf(api.POST('/api/passkeys/sign-up', { body: wish })));
    const named = { ...answer, name: deviceName(navigator.userAgent) };
    await enter(dataOf(api.POST('/api/passkeys/sign-up/finish', { body: named })));
  };

  return (
    <NarrowPage
      title="Make an account"
      lead={
        <>
          {LEADS[registration]}
          {person?.guest === true && ' What you made here as a guest stays yours.'}
        </>
      }
    >
      <Failure problem={fieldless} />
      <form className={classes.form} onSubmit={onSubmit(withPassword)}>
        {(registration === 'invite' || invite !== '') && (
          <TextInput
            label="Invitation"
            required={registration === 'invite'}
            withAsterisk={false}
            value={invite}
            error={field('invite')}
            onChange={(event) => setInvite(event.currentTarget.value.replace(/^.*#/, ''))}
          />
        )}
        <TextInput
          label="A name to sign in with"
          description="Letters, digits, dots and hyphens. Others see it, too, until you choose another name for them."
          autoComplete="username"
          autoCapitalize="none"
          required
          withAsterisk={false}
          value={username}
          error={field('username')}
          onChange={(event) => setUsername(event.currentTarget.value)}
        />
        {canUsePasskeys() && (
          <>
            <Button size="md" disabled={isBusy || username === ''} onClick={() => void run(withPasskey)}>
              Continue with a passkey
            </Button>
            <p className={classes.or} style={{ margin: 0 }}>
              or with a password
            </p>
          </>
        )}
        <PasswordInput
          label="Password"
          description="At least ten characters. Four words that do not belong together are good."
          autoComplete="new-password"
          required
          withAsterisk={false}
          value={password}
          error={field('password')}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
        <Button type="submit" variant={canUsePasskeys() ? 'default' : 'filled'} loading={isBusy}>
          Sign up with the password
        </Button>
      </form>
      <p className={classes.after}>
        You have an account? <Link to="/sign-in">Sign in</Link>
      </p>
    </NarrowPage>
  );
}
