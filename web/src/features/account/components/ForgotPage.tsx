import { useState } from 'react';
import { Button, TextInput } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { api, doneOf } from '@/shared/api/client';
import { useSignInOptions } from '../api';
import { useSubmit } from '../useSubmit';
import classes from './Account.module.css';
import { Failure, NarrowPage } from './parts';

export function ForgotPage() {
  const { data: options } = useSignInOptions();
  const [email, setEmail] = useState('');
  const [isSent, setSent] = useState(false);
  const { onSubmit, isBusy, fieldless, field } = useSubmit();

  const send = async () => {
    await doneOf(api.POST('/api/reset/request', { body: { email } }));
    setSent(true);
  };

  if (options?.mail === false)
    return (
      <NarrowPage
        title="Ask for a link"
        lead="This server sends no mail. Whoever runs it can print a link for you, with which you choose a new password."
      >
        <p className={classes.after}>
          <Link to="/sign-in">Back to sign in</Link>
        </p>
      </NarrowPage>
    );
  if (isSent)
    return (
      <NarrowPage
        title="Look into your mail"
        lead={`If ${email} is the proved address of an account here, a link is on its way. It works once, within an hour.`}
      >
        <p className={classes.after}>
          <Link to="/sign-in">Back to sign in</Link>
        </p>
      </NarrowPage>
    );
  return (
    <NarrowPage title="A new password" lead="Give the address that you proved on your account’s page.">
      <Failure problem={fieldless} />
      <form className={classes.form} onSubmit={onSubmit(send)}>
        <TextInput
          label="Mail address"
          type="email"
          autoComplete="email"
          required
          withAsterisk={false}
          value={email}
          error={field('email')}
          onChange={(event) => setEmail(event.currentTarget.value)}
        />
        <Button type="submit" loading={isBusy}>
          Send me a link
        </Button>
      </form>
      <p className={classes.after}>
        <Link to="/sign-in">Back to sign in</Link>
      </p>
    </NarrowPage>
  );
}
