import { useState, type SubmitEvent } from 'react';
import { Button, TextInput, Title } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { api, dataOf } from '@/shared/api/client';
import { asProblem } from '@/shared/api/problem';
import { SESSION_KEY } from '@/shared/api/queryClient';
import classes from './Notice.module.css';

const MAX_NAME = 60;

/** Makes the person in this browser the first administrator, with the token of the link that the server printed. */
export function FirstAdmin() {
  const [token] = useState(() => location.hash.slice(1));
  const [name, setName] = useState('');
  const client = useQueryClient();
  const navigate = useNavigate();
  const claim = useMutation({
    mutationFn: () => dataOf(api.POST('/api/session/claim-admin', { body: { token, name: name.trim() } })),
    onSuccess: ({ person }) => {
      client.setQueryData(SESSION_KEY, person);
      // A way to come back is made there: a password or a passkey.
      void navigate({ to: '/account', replace: true });
    },
  });
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    claim.mutate();
  };

  if (token === '') {
    return (
      <section className={classes.page}>
        <Title order={1}>This link is not whole</Title>
        <p>Open the address exactly as the server printed it at its start, with everything after the # sign.</p>
      </section>
    );
  }
  return (
    <section className={classes.page}>
      <Title order={1}>Welcome to your Figment</Title>
      <p>Whoever opens this link first looks after this server. How should people call you?</p>
      <form className={classes.form} onSubmit={submit}>
        <TextInput
          label="Your name"
          required
          maxLength={MAX_NAME}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          error={claim.isError ? asProblem(claim.error).message : undefined}
        />
        <Button type="submit" loading={claim.isPending} disabled={name.trim() === ''}>
          Look after this Figment
        </Button>
      </form>
    </section>
  );
}
