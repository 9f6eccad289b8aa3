import { useState } from 'react';
import { Button, CloseButton, NativeSelect, Textarea, TextInput } from '@mantine/core';
import { useClipboard } from '@mantine/hooks';
import { asProblem } from '@/shared/api/problem';
import { useSubmit } from '@/shared/api/useSubmit';
import { Dialog } from '@/shared/ui/Dialog';
import { moment } from '@/shared/ui/time';
import { IconCheck, IconLink } from '@/shared/ui/icons';
import { useModels } from '../api';
import { counted } from '../rules';
import type { Rollback, World } from '../types';
import {
  invitationLink,
  useAddMember,
  useChangeWorld,
  useDeleteWorld,
  useDropMember,
  useInvite,
  useMembers,
  useRollbacks,
  useUndoRollback,
} from '../worldsApi';
import { WhoPaintsSelect } from './WhoPaintsSelect';
import classes from './WorldMenu.module.css';

interface Props {
  world: World;
  onDeleted: () => void;
  onClose: () => void;
}

/** What the owner of a world, or an administrator, can do to it; moderators find here what was taken back. */
export function WorldSettings({ world, onDeleted, onClose }: Props) {
  return (
    <Dialog title={world.name} onClose={onClose}>
      <div className={classes.sections}>
        {world.may_change && <About world={world} />}
        {world.may_change && world.paint === 'members' && <Members world={world.slug} />}
        {world.may_roll_back && <TakenBack world={world.slug} />}
        {world.may_change && world.author !== null && <Deleting world={world} onDeleted={onDeleted} />}
      </div>
    </Dialog>
  );
}

function About({ world }: { world: World }) {
  const [name, setName] = useState(world.name);
  const [prompt, setPrompt] = useState(world.prompt);
  const [paint, setPaint] = useState(world.paint);
  const [model, setModel] = useState(world.model);
  const { data: models = [] } = useModels();
  const change = useChangeWorld(world.slug);
  const form = useSubmit();
  const isSame =
    name.trim() === world.name && prompt.trim() === world.prompt && paint === world.paint && model === world.model;
  const save = () => change.mutateAsync({ name: name.trim(), prompt: prompt.trim(), paint, model });
  return (
    <form className={classes.form} onSubmit={form.onSubmit(save)} noValidate>
      <TextInput
        label="Name"
        data-autofocus
        maxLength={80}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        error={form.field('name')}
      />
      <Textarea
        label="Style"
        description="Words that join every prompt in this world."
        autosize
        minRows={2}
        maxRows={5}
        value={prompt}
        onChange={(event) => setPrompt(event.currentTarget.value)}
        error={form.field('prompt')}
      />
      <NativeSelect
        label="Model"
        value={model ?? ''}
        data={[
          { value: '', label: 'The server’s own' },
          ...models.map(({ name: value, title: label }) => ({ value, label })),
        ]}
        onChange={(event) => setModel(event.currentTarget.value || null)}
        error={form.field('model')}
      />
      <WhoPaintsSelect value={paint} onChange={setPaint} />
      {form.fieldless && <Problem words={form.fieldless.message} />}
      <div className={classes.buttons}>
        <Button type="submit" loading={form.isBusy} disabled={isSame || name.trim() === ''}>
          {change.isSuccess && isSame ? 'Saved' : 'Save'}
        </Button>
      </div>
    </form>
  );
}

function Members({ world }: { world: string }) {
  const { data: members = [], isPending, error } = useMembers(world);
  const [username, setUsername] = useState('');
  const add = useAddMember(world);
  const drop = useDropMember(world);
  const form = useSubmit();
  const send = async () => {
    await add.mutateAsync(username.trim());
    setUsername('');
  };
  return (
    <section className={classes.section} aria-label="Members">
      <h3 className={classes.heading}>Members</h3>
      {isPending && <p className={classes.about}>Looking them up…</p>}
      {error && <Problem words={asProblem(error).message} />}
      {!isPending && !error && members.length === 0 && <p className={classes.about}>Nobody but you yet.</p>}
      <ul className={classes.members}>
        {members.map(({ person, name, username: called }) => (
          <li key={person} className={classes.member}>
            <span className={classes.title}>{name}</span>
            <span className={classes.about}>{called ?? 'Guest'}</span>
            <CloseButton
              size={44}
              iconSize={18}
              aria-label={`Remove ${name}`}
              disabled={drop.isPending}
              onClick={() => drop.mutate(person)}
            />
          </li>
        ))}
      </ul>
      <form className={classes.row} onSubmit={form.onSubmit(send)} noValidate>
        <TextInput
          className={classes.grow ?? ''}
          aria-label="Username"
          placeholder="Username"
          autoCapitalize="none"
          maxLength={40}
          value={username}
          onChange={(event) => setUsername(event.currentTarget.value)}
          error={form.problem?.message}
        />
        <Button type="submit" variant="default" loading={form.isBusy} disabled={username.trim() === ''}>
          Let in
        </Button>
      </form>
      <InvitationLink world={world} />
    </section>
  );
}

/** A link is made when it is asked for, and the one before holds no longer. */
function InvitationLink({ world }: { world: string }) {
  const invite = useInvite(world);
  const { copy, copied } = useClipboard();
  if (invite.data === undefined)
    return (
      <div className={classes.row}>
        <p className={`${classes.about} ${classes.grow}`}>Or send a link, to guests too. It holds for a week.</p>
        <Button variant="default" loading={invite.isPending} onClick={() => invite.mutate()}>
          Make a link
        </Button>
        {invite.isError && <Problem words={asProblem(invite.error).message} />}
      </div>
    );
  const link = invitationLink(world, invite.data.token);
  return (
    <div className={classes.row}>
      <TextInput
        className={classes.grow ?? ''}
        aria-label="Invitation link"
        readOnly
        value={link}
        onFocus={(event) => event.currentTarget.select()}
      />
      <Button
        variant="default"
        leftSection={copied ? <IconCheck size={18} /> : <IconLink size={18} />}
        onClick={() => copy(link)}
      >
        {copied ? 'Copied' : 'Copy'}
      </Button>
    </div>
  );
}

const SAID: Record<Rollback['state'], (rollback: Rollback) => string> = {
  running: ({ edits, left }) => `${edits} of ${counted(edits + left, 'edit')} taken back`,
  done: ({ edits }) => `${counted(edits, 'edit')} taken back`,
  undoing: ({ edits }) => `being brought again, ${edits} left`,
  undone: () => 'brought again',
};

function TakenBack({ world }: { world: string }) {
  const { data: rollbacks = [], isPending, error } = useRollbacks(world);
  const undo = useUndoRollback(world);
  return (
    <section className={classes.section} aria-label="Taken back">
      <h3 className={classes.heading}>Taken back</h3>
      {isPending && <p className={classes.about}>Looking it up…</p>}
      {error && <Problem words={asProblem(error).message} />}
      {!isPending && !error && rollbacks.length === 0 && (
        <p className={classes.about}>
          Nothing. A click on a place shows who painted it, and the way to take back all of theirs.
        </p>
      )}
      <ul className={classes.members}>
        {rollbacks.map((rollback) => (
          <li key={rollback.id} className={classes.member}>
            <span className={classes.grow}>
              <span className={classes.title}>{rollback.person ?? 'Somebody who left'}</span>
              <span className={classes.about}>
                {SAID[rollback.state](rollback)} · {moment(rollback.created_at)}
              </span>
            </span>
            {rollback.state === 'done' && (
              <Button
                variant="default"
                loading={undo.isPending}
                aria-label={`Bring again what ${rollback.person ?? 'they'} painted`}
                onClick={() => undo.mutate(rollback.id)}
              >
                Bring again
              </Button>
            )}
          </li>
        ))}
      </ul>
      {undo.isError && <Problem words={asProblem(undo.error).message} />}
    </section>
  );
}

function Deleting({ world, onDeleted }: { world: World; onDeleted: () => void }) {
  const [name, setName] = useState('');
  const remove = useDeleteWorld(world.slug);
  const form = useSubmit();
  const send = async () => {
    await remove.mutateAsync(name.trim());
    onDeleted();
  };
  return (
    <section className={classes.section} aria-label="Delete">
      <h3 className={classes.heading}>Delete</h3>
      <form className={classes.form} onSubmit={form.onSubmit(send)} noValidate>
        <TextInput
          label={`To delete it with everything in it, write “${world.name}”`}
          value={name}
          autoComplete="off"
          onChange={(event) => setName(event.currentTarget.value)}
        />
        {form.problem && <Problem words={form.problem.message} />}
        <div className={classes.buttons}>
          <Button
            type="submit"
            variant="default"
            color="red"
            loading={form.isBusy}
            disabled={name.trim() !== world.name}
          >
            Delete this world
          </Button>
        </div>
      </form>
    </section>
  );
}

const Problem = ({ words }: { words: string }) => (
  <p className={classes.problem} role="alert">
    {words}
  </p>
);
