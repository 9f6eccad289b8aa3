import { useEffect, useState } from 'react';
import { Button, Textarea } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { api, doneOf } from '@/shared/api/client';
import { asProblem } from '@/shared/api/problem';
import { useSubmit } from '@/shared/api/useSubmit';
import { NOTICES_KEY, useNotices } from '@/shared/session/useNotices';
import { useSession } from '@/shared/session/useSession';
import { day, moment } from '@/shared/ui/time';
import { ofCase, useOwnCases, useRefresh } from '../api';
import type { OwnCase } from '../types';
import { appealWords, stateWords } from '../words';
import classes from './Moderation.module.css';
import { Failure, Fields } from './parts';

/** What was decided about mine, why, and what I can do about it. */
export function DecisionsPage() {
  const { data: person } = useSession();
  const { data: cases, error } = useOwnCases();
  return (
    <div className={classes.page}>
      <h1 className={classes.title}>Decisions</h1>
      <p className={classes.lead}>
        What the rules or a moderator held, refused or approved of yours, and why. Against a refusal you may appeal
        once, within 30 days; somebody else looks at it then.
      </p>
      {error !== null && <Failure problem={asProblem(error)} />}
      {cases !== undefined && <Limits slowed={cases.slowed_until} muted={cases.muted_until} />}
      {cases?.items.length === 0 && <p className={classes.empty}>Nothing of yours was ever held or refused.</p>}
      <ul className={classes.list}>
        {cases?.items.map((own) => (
          <li key={own.id} className={classes.item}>
            <Own own={own} />
          </li>
        ))}
      </ul>
      <Told isSomebody={person != null} />
    </div>
  );
}

function Limits({ slowed, muted }: { slowed: string | null; muted: string | null }) {
  if (slowed === null && muted === null) return null;
  return (
    <p className={classes.problem}>
      {slowed !== null && `Until ${day(slowed)}, an image costs you four times as much of what you may make. `}
      {muted !== null && `Until ${day(muted)}, you cannot share, report or comment.`}
    </p>
  );
}

function Own({ own }: { own: OwnCase }) {
  const appealed = appealWords(own);
  return (
    <>
      <span className={classes.tag}>{stateWords(own)}</span>
      {own.fields !== null && <Fields fields={own.fields} />}
      {own.kind === 'image' && own.image !== null && (
        <Link to="/studio" search={{ image: own.image }}>
          See the picture
        </Link>
      )}
      {own.kind === 'image' && own.image === null && <p className={classes.soft}>A picture that you have deleted.</p>}
      <p>{own.words === '' ? own.reason : own.words}</p>
      <small>
        {moment(own.decided_at ?? own.created_at)}
        {own.strike && '. It counts against you for a while.'}
      </small>
      {appealed !== null && <p>{appealed}</p>}
      {own.state === 'refused' && own.why_not_appeal === null && <Appeal id={own.id} />}
    </>
  );
}

function Appeal({ id }: { id: string }) {
  const [isOpen, setOpen] = useState(false);
  const [words, setWords] = useState('');
  const { onSubmit, isBusy, problem } = useSubmit();
  const refresh = useRefresh();
  const send = async () => {
    await doneOf(api.POST('/api/cases/{case}/appeal', { ...ofCase(id), body: { words } }));
    await refresh();
  };
  if (!isOpen)
    return (
      <Button variant="default" style={{ justifySelf: 'start' }} onClick={() => setOpen(true)}>
        Appeal
      </Button>
    );
  return (
    <form className={classes.form} onSubmit={onSubmit(send)}>
      <Failure problem={problem} />
      <Textarea
        label="Why was this wrong?"
        autosize
        minRows={3}
        maxLength={2000}
        required
        withAsterisk={false}
        data-autofocus
        value={words}
        onChange={(event) => setWords(event.currentTarget.value)}
      />
      <Button type="submit" loading={isBusy} style={{ justifySelf: 'start' }}>
        Send the appeal
      </Button>
    </form>
  );
}

/** What I was told. Seen when this page is. */
function Told({ isSomebody }: { isSomebody: boolean }) {
  const { data: notices } = useNotices(isSomebody);
  const client = useQueryClient();
  const unread = notices?.unread ?? 0;
  useEffect(() => {
    if (unread === 0) return;
    void doneOf(api.POST('/api/notices/read')).then(() => client.invalidateQueries({ queryKey: NOTICES_KEY }));
  }, [unread, client]);
  if (notices === undefined || notices.items.length === 0) return null;
  return (
    <section aria-label="What you were told">
      <h2 className={classes.prompt}>What you were told</h2>
      <ul className={classes.list}>
        {notices.items.map((notice) => (
          <li key={notice.id} className={classes.item}>
            <p>{notice.words}</p>
            <small>{moment(notice.created_at)}</small>
          </li>
        ))}
      </ul>
    </section>
  );
}
