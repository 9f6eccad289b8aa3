import { useState } from 'react';
import { Button, PasswordInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { api, dataOf } from '@/shared/api/client';
import { becomes } from '../api';
import { useSubmit } from '../useSubmit';
import classes from './Account.module.css';
import { Failure, NarrowPage } from './parts';

/** Where a link to a new password leads; its token is behind the #, where no log sees it. */
export function ResetPage() {
  const [token] = useState(() => location.hash.slice(1));
  const [password, setPassword] = useState('');
  const { onSubmit, isBusy, fieldless, field } = useSubmit();
  const client = useQueryClient();
  const navigate = useNavigate();

  const send = async () => {
    const { person } = await dataOf(api.POST('/api/reset', { body: { token, password } }));
    await becomes(client, person);
    await navigate({ to: '/account', replace: true });
  };

  if (token === '')
    return (
      <NarrowPage
        title="This link is not whole"
        lead="Open the address exactly as you were sent it, with everything after the # sign."
      >
        <Link to="/forgot">Ask for another one</Link>
      </NarrowPage>
    );
  return (
    <NarrowPage
      title="Choose a new password"
      lead="Every browser that is signed in to your account will be signed out, except this one."
    >
      <Failure problem={fieldless} />
      <form className={classes.form} onSubmit={onSubmit(send)}>
        <PasswordInput
          label="New password"
          description="At least ten characters. Four words that do not belong together are good."
          autoComplete="new-password"
          required
          withAsterisk={false}
          value={password}
          error={field('password')}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
        <Button type="submit" loading={isBusy}>
          Use this password
        </Button>
      </form>
    </NarrowPage>
  );
}
