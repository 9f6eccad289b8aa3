import { useState } from 'react';
import { Button, NumberInput, Select, Tabs, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { api, dataOf, doneOf } from '@/shared/api/client';
import { useSession } from '@/shared/session/useSession';
import { Dialog } from '@/shared/ui/Dialog';
import { day, moment } from '@/shared/ui/time';
import { useAudit, useInvites, useMembers, useRefresh } from '../api';
import type { AuditEntry, Member, Show } from '../types';
import { useSubmit } from '../useSubmit';
import classes from './Account.module.css';
import { Failure } from './parts';

const SHOWN: readonly { value: Show; label: string }[] = [
  { value: 'accounts', label: 'Accounts' },
  { value: 'waiting', label: 'Waiting for a yes' },
  { value: 'suspended', label: 'Suspended' },
  { value: 'staff', label: 'Moderators and administrators' },
  { value: 'guests', label: 'Guests' },
];
const ROLES = [
  { value: 'user', label: 'Member' },
  { value: 'moderator', label: 'Moderator' },
  { value: 'admin', label: 'Administrator' },
];

/** For those who look after the server: who is here, who may come, and what was done. */
export function PeoplePage() {
  const { data: person } = useSession();
  const isAdmin = person?.role === 'admin';
  if (person?.role !== 'admin' && person?.role !== 'moderator')
    return (
      <div className={classes.wide}>
        <h1 className={classes.title}>People</h1>
        <p className={classes.lead}>Only those who look after this server can see who is here.</p>
      </div>
    );
  return (
    <div className={classes.wide}>
      <h1 className={classes.title}>People</h1>
      <Tabs defaultValue="people" keepMounted={false}>
        <Tabs.List mb="lg">
          <Tabs.Tab value="people">Who is here</Tabs.Tab>
          {isAdmin && <Tabs.Tab value="invites">Invitations</Tabs.Tab>}
          <Tabs.Tab value="audit">What was done</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="people">
          <People isAdmin={isAdmin} self={person.id} />
        </Tabs.Panel>
        <Tabs.Panel value="invites">
          <Invitations />
        </Tabs.Panel>
        <Tabs.Panel value="audit">
          <Audit />
        </Tabs.Panel>
      </Tabs>
    </div>
  );
}

function People({ isAdmin, self }: { isAdmin: boolean; self: string }) {
  const [show, setShow] = useState<Show>('accounts');
  const [words, setWords] = useState('');
  const [search] = useDebouncedValue(words, 250);
  const { data, hasNextPage, fetchNextPage, isFetchingNextPage } = useMembers(show, search);
  const { run, problem } = useSubmit();
  const refresh = useRefresh();
  const change = (person: string, body: { role?: Member['role']; waiting?: false; suspended?: boolean }) =>
    void run(async () => {
      await dataOf(api.PATCH('/api/people/{person}', { params: { path: { person } }, body: { reason: '', ...body } }));
      await refresh();
    });
  const members = data?.pages.flatMap((page) => page.items);
  return (
    <>
      <div className={classes.row}>
        <TextInput label="Search by name" value={words} onChange={(event) => setWords(event.currentTarget.value)} />
        <Select
          label="Show"
          data={SHOWN}
          value={show}
          allowDeselect={false}
          onChange={(value) => setShow(value as Show)}
        />
      </div>
      <Failure problem={problem} />
      {members?.length === 0 && <p className={classes.empty}>Nobody here is like that.</p>}
      <ul className={classes.list}>
        {members?.map((member) => (
          <li key={member.id} className={classes.item}>
            <span className={classes.what}>
              <strong>{member.name}</strong> {member.suspended && <span className={classes.tag}>suspended</span>}
              <small>
                {member.username !== null && `${member.username}, `}here since {day(member.created_at)}
                {member.seen_at !== null && `, last seen ${moment(member.seen_at)}`}
              </small>
            </span>
            {isAdmin && member.waiting && (
              <Button onClick={() => change(member.id, { waiting: false })}>Say yes to {member.name}</Button>
            )}
            {isAdmin && !member.guest && (
              <Select
                aria-label={`Role of ${member.name}`}
                w={170}
                data={ROLES}
                value={member.role}
                allowDeselect={false}
                onChange={(role) => change(member.id, { role: role as Member['role'] })}
              />
            )}
            {isAdmin && member.id !== self && (
              <Button
                variant="subtle"
                color="gray"
                onClick={() => change(member.id, { suspended: !member.suspended })}
                aria-label={`${member.suspended ? 'Let in again' : 'Suspend'} ${member.name}`}
              >
                {member.suspended ? 'Let in again' : 'Suspend'}
              </Button>
            )}
          </li>
        ))}
      </ul>
      {hasNextPage && (
        <Button variant="default" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          Show more
        </Button>
      )}
    </>
  );
}

function Invitations() {
  const { data: invites } = useInvites(true);
  const [note, setNote] = useState('');
  const [uses, setUses] = useState(1);
  const [url, setUrl] = useState<string | null>(null);
  const { run, onSubmit, isBusy, problem } = useSubmit();
  const refresh = useRefresh();
  const make = async () => {
    const made = await dataOf(api.POST('/api/invites', { body: { note, uses, expires_in_days: 14 } }));
    setUrl(made.url);
    setNote('');
    await refresh();
  };
  const end = (invite: string) => async () => {
    await doneOf(api.DELETE('/api/invites/{invite}', { params: { path: { invite } } }));
    await refresh();
  };
  return (
    <>
      <Failure problem={problem} />
      <form className={classes.row} onSubmit={onSubmit(make)}>
        <TextInput
          label="For whom?"
          maxLength={200}
          value={note}
          onChange={(event) => setNote(event.currentTarget.value)}
        />
        <NumberInput
          label="Uses"
          w={96}
          min={1}
          max={1000}
          value={uses}
          onChange={(value) => setUses(Math.max(1, Number(value)))}
        />
        <Button type="submit" loading={isBusy}>
          Make an invitation
        </Button>
      </form>
      <ul className={classes.list} style={{ marginTop: 20 }}>
        {invites?.items.map((invite) => (
          <li key={invite.id} className={classes.item}>
            <span className={classes.what}>
              <strong>{invite.note === '' ? 'Without a note' : invite.note}</strong>
              <small>
                {invite.uses_left === 1 ? 'Can be used once' : `Can be used ${invite.uses_left} times`}
                {invite.expires_at !== null && `, until ${day(invite.expires_at)}`}
              </small>
            </span>
            <Button variant="subtle" color="gray" onClick={() => void run(end(invite.id))}>
              Withdraw
            </Button>
          </li>
        ))}
      </ul>
      {url !== null && (
        <Dialog title="The invitation’s link" onClose={() => setUrl(null)}>
          <p>Copy it now: it is not shown again.</p>
          <code className={classes.secret}>{url}</code>
        </Dialog>
      )}
    </>
  );
}

/** What each entry of the record says, in words. */
const DONE: Record<string, (entry: AuditEntry) => string> = {
  'person.role': ({ detail }) => `gave the role ${String(detail.after)} to`,
  'person.waiting': () => 'said yes to',
  'person.suspended': ({ detail }) => (detail.after === true ? 'suspended' : 'let in again'),
  'person.made': () => 'made an account for',
  'account.reset_link': () => 'made a link to a new password for',
  'invite.made': () => 'made an invitation',
  'invite.ended': () => 'withdrew an invitation',
  'case.claimed': () => 'claimed a case about',
  'case.released': () => 'left a case to others about',
  'case.decided': ({ detail }) => (detail.decision === 'approve' ? 'approved something of' : 'refused something of'),
  'block.added': () => 'blocked a picture',
  'block.removed': () => 'took a picture off the block list',
};

function Audit() {
  const { data, hasNextPage, fetchNextPage, isFetchingNextPage } = useAudit();
  const entries = data?.pages.flatMap((page) => page.items);
  return (
    <>
      {entries?.length === 0 && <p className={classes.empty}>Nothing was done yet that had to be written down.</p>}
      <ul className={classes.list}>
        {entries?.map((entry) => (
          <li key={entry.id} className={classes.item}>
            <span className={classes.what}>
              <strong>{entry.actor_name}</strong> {DONE[entry.action]?.(entry) ?? entry.action} {entry.subject_name}
              <small>
                {moment(entry.created_at)}
                {typeof entry.detail.reason === 'string' &&
                  entry.detail.reason !== '' &&
                  `. Reason: ${entry.detail.reason}`}
              </small>
            </span>
          </li>
        ))}
      </ul>
      {hasNextPage && (
        <Button variant="default" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          Show more
        </Button>
      )}
    </>
  );
}
