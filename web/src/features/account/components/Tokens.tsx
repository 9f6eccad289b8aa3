import { useState } from 'react';
import { Button, Checkbox, CopyButton, TextInput } from '@mantine/core';
import { api, dataOf, doneOf } from '@/shared/api/client';
import { Dialog } from '@/shared/ui/Dialog';
import { day } from '@/shared/ui/time';
import { useRefresh, useTokens } from '../api';
import type { Scope } from '../types';
import { useSubmit } from '../useSubmit';
import classes from './Account.module.css';
import { Failure, Section } from './parts';

const SCOPES: readonly { scope: Scope; words: string }[] = [
  { scope: 'images:write', words: 'Make and change images' },
  { scope: 'images:read', words: 'Read what is mine' },
  { scope: 'models:read', words: 'List the models' },
  { scope: 'models:write', words: 'Load models (administrators)' },
];

export function Tokens() {
  const { data: tokens } = useTokens(true);
  const [isMaking, setMaking] = useState(false);
  const { run, problem } = useSubmit();
  const refresh = useRefresh();
  const revoke = (token: string) => async () => {
    await doneOf(api.DELETE('/api/tokens/{token}', { params: { path: { token } } }));
    await refresh();
  };
  return (
    <Section
      title="API tokens"
      lead="For programs that act as you: with OpenAI’s client, with scripts of your own. Each may do what you tick, and no more."
    >
      <Failure problem={problem} />
      {tokens !== undefined && tokens.items.length > 0 && (
        <ul className={classes.list}>
          {tokens.items.map((token) => (
            <li key={token.id} className={classes.item}>
              <span className={classes.what}>
                <strong>{token.name}</strong>
                <small>
                  {token.scopes.join(', ')}
                  <br />
                  {token.used_at === null ? 'Never used' : `Last used ${day(token.used_at)}`}
                  {token.expires_at !== null && `, expires ${day(token.expires_at)}`}
                </small>
              </span>
              <Button
                variant="subtle"
                color="gray"
                aria-label={`Revoke ${token.name}`}
                onClick={() => void run(revoke(token.id))}
              >
                Revoke
              </Button>
            </li>
          ))}
        </ul>
      )}
      <Button variant="default" onClick={() => setMaking(true)}>
        Make a token
      </Button>
      {isMaking && <TokenDialog onClose={() => setMaking(false)} />}
    </Section>
  );
}

function TokenDialog({ onClose }: { onClose: () => void }) {
  const [name, setName] = useState('');
  const [scopes, setScopes] = useState<Scope[]>(['images:write', 'images:read', 'models:read']);
  const [secret, setSecret] = useState<string | null>(null);
  const { onSubmit, isBusy, fieldless, field } = useSubmit();
  const refresh = useRefresh();
  const make = async () => {
    const { token } = await dataOf(api.POST('/api/tokens', { body: { name, scopes } }));
    setSecret(token);
    await refresh();
  };
  const toggle = (scope: Scope, isOn: boolean) =>
    setScopes((held) => (isOn ? [...held, scope] : held.filter((one) => one !== scope)));

  if (secret !== null)
    return (
      <Dialog title="Your token" onClose={onClose}>
        <p>Copy it now: it is not shown again.</p>
        <code className={classes.secret}>{secret}</code>
        <CopyButton value={secret}>
          {({ copied, copy }) => <Button onClick={copy}>{copied ? 'Copied' : 'Copy'}</Button>}
        </CopyButton>
      </Dialog>
    );
  return (
    <Dialog title="Make a token" onClose={onClose}>
      <Failure problem={fieldless} />
      <form className={classes.form} onSubmit={onSubmit(make)}>
        <TextInput
          label="What is it for?"
          data-autofocus
          maxLength={60}
          value={name}
          error={field('name')}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <div className={classes.checks} role="group" aria-label="What it may do">
          {SCOPES.map(({ scope, words }) => (
            <Checkbox
              key={scope}
              label={words}
              checked={scopes.includes(scope)}
              onChange={(event) => toggle(scope, event.currentTarget.checked)}
            />
          ))}
        </div>
        <Button type="submit" loading={isBusy} disabled={name.trim() === '' || scopes.length === 0}>
          Make the token
        </Button>
      </form>
    </Dialog>
  );
}
