import { useState } from 'react';
import { Button, PasswordInput, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { api, dataOf, doneOf } from '@/shared/api/client';
import { becomes, useAccount, useRefresh, useSignInOptions } from '../api';
import type { Account } from '../types';
import { useSubmit } from '../useSubmit';
import classes from './Account.module.css';
import { Devices } from './Devices';
import { Files } from './Files';
import { Passkeys } from './Passkeys';
import { Failure, Section } from './parts';
import { Tokens } from './Tokens';

/** Everything about how I come in, and what is kept of me. */
export function AccountPage() {
  const { data: account, error } = useAccount();
  if (account === undefined)
    return <div className={classes.wide}>{error === null ? 'Loading…' : <p role="alert">{error.message}</p>}</div>;
  return (
    <div className={classes.wide}>
      {account.person.guest ? <Guest isWaiting={account.person.waiting} /> : <WaysIn account={account} />}
      <Devices devices={account.devices} />
      {!account.person.guest && <Tokens />}
      <Files />
      <Leaving account={account} />
    </div>
  );
}

function Guest({ isWaiting }: { isWaiting: boolean }) {
  if (isWaiting)
    return (
      <>
        <h1 className={classes.title}>You have signed up</h1>
        <p className={classes.lead}>
          Somebody who looks after this server has yet to say yes. Until then you are a guest; what you make stays
          yours.
        </p>
      </>
    );
  return (
    <>
      <h1 className={classes.title}>You are a guest</h1>
      <p className={classes.lead}>
        What you make is kept for this browser only. An account lets you come back from any other, and keeps what you
        made.
      </p>
      <p className={classes.buttons}>
        <Button component={Link} to="/sign-up">
          Make an account
        </Button>
        <Button component={Link} to="/sign-in" variant="default">
          Sign in
        </Button>
      </p>
    </>
  );
}

function WaysIn({ account }: { account: Account }) {
  const { name, username } = account.person;
  return (
    <>
      <h1 className={classes.title}>{name}</h1>
      <p className={classes.lead}>You sign in as {username ?? account.identities[0]?.label ?? name}.</p>
      <Name name={name} />
      <Password account={account} />
      <Passkeys account={account} />
      <Elsewhere account={account} />
      <Mail account={account} />
    </>
  );
}

function Name({ name }: { name: string }) {
  const [words, setWords] = useState(name);
  const { onSubmit, isBusy, fieldless, field } = useSubmit();
  const client = useQueryClient();
  const save = async () => {
    const { person } = await dataOf(api.PATCH('/api/account', { body: { name: words } }));
    await becomes(client, person);
  };
  return (
    <Section title="Your name" lead="What others see beside what you make.">
      <Failure problem={fieldless} />
      <form className={classes.row} onSubmit={onSubmit(save)}>
        <TextInput
          label="Name"
          maxLength={60}
          value={words}
          error={field('name')}
          onChange={(event) => setWords(event.currentTarget.value)}
        />
        <Button type="submit" variant="default" loading={isBusy} disabled={words.trim() === '' || words === name}>
          Save
        </Button>
      </form>
    </Section>
  );
}

function Password({ account }: { account: Account }) {
  const [current, setCurrent] = useState('');
  const [password, setPassword] = useState('');
  const [username, setUsername] = useState('');
  const [isDone, setDone] = useState(false);
  const { run, onSubmit, isBusy, fieldless, field } = useSubmit();
  const refresh = useRefresh();
  const { person, has_password: has } = account;

  const save = async () => {
    const body = {
      password,
      ...(has && { current }),
      ...(person.username == null && { username }),
    };
    await dataOf(api.PUT('/api/account/password', { body }));
    setCurrent('');
    setPassword('');
    setDone(true);
    await refresh();
  };
  const remove = async () => {
    await doneOf(api.DELETE('/api/account/password'));
    await refresh();
  };
  return (
    <Section
      title="Password"
      lead={
        has
          ? 'Changing it signs every other browser out.'
          : 'You have none, and need none as long as you have a passkey or a sign-in elsewhere.'
      }
    >
      <Failure problem={fieldless} />
      {isDone && <p role="status">Your password is set. Every other browser was signed out.</p>}
      <form className={classes.form} style={{ maxWidth: '24rem' }} onSubmit={onSubmit(save)}>
        {/* So that a password manager knows whose this is. */}
        <input type="text" autoComplete="username" value={person.username ?? username} readOnly hidden />
        {person.username == null && (
          <TextInput
            label="A name to sign in with"
            autoCapitalize="none"
            value={username}
            error={field('username')}
            onChange={(event) => setUsername(event.currentTarget.value)}
          />
        )}
        {has && (
          <PasswordInput
            label="Present password"
            autoComplete="current-password"
            value={current}
            onChange={(event) => setCurrent(event.currentTarget.value)}
          />
        )}
        <PasswordInput
          label="New password"
          autoComplete="new-password"
          value={password}
          error={field('password')}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
        <div className={classes.buttons}>
          <Button type="submit" variant="default" loading={isBusy} disabled={password === ''}>
            {has ? 'Change password' : 'Set a password'}
          </Button>
          {has && account.passkeys.length + account.identities.length > 0 && (
            <Button variant="subtle" color="gray" onClick={() => void run(remove)}>
              Remove it
            </Button>
          )}
        </div>
      </form>
    </Section>
  );
}

function Elsewhere({ account }: { account: Account }) {
  const { data: options } = useSignInOptions();
  const { run, problem } = useSubmit();
  const refresh = useRefresh();
  const providers = options?.providers ?? [];
  if (providers.length + account.identities.length === 0) return null;
  const remove = (identity: string) => async () => {
    await doneOf(api.DELETE('/api/account/identities/{identity}', { params: { path: { identity } } }));
    await refresh();
  };
  return (
    <Section title="Sign-ins elsewhere" lead="Other services whose accounts let you in here.">
      <Failure problem={problem} />
      <ul className={classes.list}>
        {account.identities.map(({ id, provider, label }) => (
          <li key={id} className={classes.item}>
            <span className={classes.what}>
              <strong>{provider}</strong>
              <small>{label}</small>
            </span>
            <Button
              variant="subtle"
              color="gray"
              onClick={() => void run(remove(id))}
              aria-label={`Disconnect ${provider}`}
            >
              Disconnect
            </Button>
          </li>
        ))}
      </ul>
      <div className={classes.buttons}>
        {providers.map(({ id, name }) => (
          <Button key={id} component="a" variant="default" href={`/api/account/identities/${id}/connect`}>
            Connect {name}
          </Button>
        ))}
      </div>
    </Section>
  );
}

function Mail({ account }: { account: Account }) {
  const { data: options } = useSignInOptions();
  const [email, setEmail] = useState(account.email ?? '');
  const { onSubmit, isBusy, fieldless, field } = useSubmit();
  const refresh = useRefresh();
  if (options?.mail !== true && account.email === null) return null;
  const save = async () => {
    await doneOf(api.PUT('/api/account/email', { body: { email: email.trim() === '' ? null : email } }));
    await refresh();
  };
  return (
    <Section
      title="Mail address"
      lead="Only for a link to a new password, should you forget yours. Nobody else sees it."
    >
      <Failure problem={fieldless} />
      <form className={classes.row} onSubmit={onSubmit(save)}>
        <TextInput
          label="Mail address"
          type="email"
          autoComplete="email"
          value={email}
          error={field('email')}
          onChange={(event) => setEmail(event.currentTarget.value)}
        />
        <Button type="submit" variant="default" loading={isBusy} disabled={email === (account.email ?? '')}>
          Save
        </Button>
      </form>
      {account.email !== null && (
        <p role="status" style={{ marginTop: 12 }}>
          {account.email_verified
            ? 'Proved to be yours.'
            : `A link was sent to ${account.email}: open it to prove that it is yours.`}
        </p>
      )}
    </Section>
  );
}

function Leaving({ account }: { account: Account }) {
  const { person } = account;
  const word = person.guest && !person.waiting ? 'guest' : (person.username ?? person.name);
  const [confirm, setConfirm] = useState('');
  const { onSubmit, isBusy, fieldless, field } = useSubmit();
  const client = useQueryClient();
  const navigate = useNavigate();
  const erase = async () => {
    await doneOf(api.POST('/api/account/erase', { body: { confirm } }));
    await navigate({ to: '/studio', replace: true });
    await client.resetQueries();
  };
  return (
    <Section
      title="Your data"
      lead="Everything that is kept of you, as one ZIP: every image with its recipe, and the rest as JSON."
    >
      <p>
        <Button component="a" href="/api/account/export" variant="default">
          Download everything
        </Button>
      </p>
      <p style={{ marginTop: 28 }}>
        Or delete it: your account, every image that you made, and its files. There is no way back. Write <b>{word}</b>{' '}
        to confirm.
      </p>
      <Failure problem={fieldless} />
      <form className={classes.row} onSubmit={onSubmit(erase)}>
        <TextInput
          label="To confirm"
          autoComplete="off"
          autoCapitalize="none"
          value={confirm}
          error={field('confirm')}
          onChange={(event) => setConfirm(event.currentTarget.value)}
        />
        <Button type="submit" color="red" loading={isBusy} disabled={confirm !== word}>
          Delete everything
        </Button>
      </form>
    </Section>
  );
}
