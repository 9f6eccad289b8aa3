import { useState } from 'react';
import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { api, doneOf } from '@/shared/api/client';
import { useRefresh } from '../api';
import { useSubmit } from '../useSubmit';
import classes from './Account.module.css';
import { Failure, NarrowPage } from './parts';

/** Where the link in a mail leads. It takes a click: programs that look into mail open links, and prove nothing. */
export function VerifyEmailPage() {
  const [token] = useState(() => location.hash.slice(1));
  const [isDone, setDone] = useState(false);
  const { onSubmit, isBusy, problem } = useSubmit();
  const refresh = useRefresh();

  const send = async () => {
    await doneOf(api.POST('/api/account/email/verify', { body: { token } }));
    setDone(true);
    await refresh();
  };

  if (isDone)
    return (
      <NarrowPage
        title="Thank you"
        lead="The address is yours. You can sign in with it, and have a new password sent there."
      >
        <Link to="/account">To your account</Link>
      </NarrowPage>
    );
  return (
    <NarrowPage title="Is this your address?" lead="You were sent here by a mail. Say that it reached you.">
      <Failure problem={problem} />
      <form className={classes.form} onSubmit={onSubmit(send)}>
        <Button type="submit" loading={isBusy} disabled={token === ''}>
          Yes, the address is mine
        </Button>
      </form>
    </NarrowPage>
  );
}
