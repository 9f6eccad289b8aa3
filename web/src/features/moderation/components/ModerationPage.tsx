import { useState } from 'react';
import { Tabs } from '@mantine/core';
import { asProblem } from '@/shared/api/problem';
import { useSession } from '@/shared/session/useSession';
import { moment } from '@/shared/ui/time';
import { useCases } from '../api';
import type { Shown } from '../types';
import { lineWords } from '../words';
import { BlockList } from './BlockList';
import { CaseDialog } from './CaseDialog';
import classes from './Moderation.module.css';
import { Failure } from './parts';

const TABS: readonly { value: Shown; label: string; empty: string }[] = [
  { value: 'open', label: 'Open', empty: 'Nothing waits for a decision.' },
  { value: 'mine', label: 'Mine', empty: 'You have claimed nothing.' },
  { value: 'decided', label: 'Decided', empty: 'Nothing was decided yet.' },
];

/** The moderators' queue: what was reported, held and appealed against. */
export function ModerationPage() {
  const { data: person } = useSession();
  if (person?.role !== 'admin' && person?.role !== 'moderator')
    return (
      <div className={classes.page}>
        <h1 className={classes.title}>Moderation</h1>
        <p className={classes.lead}>Only moderators of this server work here.</p>
      </div>
    );
  return (
    <div className={classes.page}>
      <h1 className={classes.title}>Moderation</h1>
      <Tabs defaultValue="open" keepMounted={false}>
        <Tabs.List mb="lg">
          {TABS.map(({ value, label }) => (
            <Tabs.Tab key={value} value={value}>
              {label}
            </Tabs.Tab>
          ))}
          <Tabs.Tab value="blocked">Block list</Tabs.Tab>
        </Tabs.List>
        {TABS.map(({ value, empty }) => (
          <Tabs.Panel key={value} value={value}>
            <Queue state={value} empty={empty} />
          </Tabs.Panel>
        ))}
        <Tabs.Panel value="blocked">
          <BlockList />
        </Tabs.Panel>
      </Tabs>
    </div>
  );
}

function Queue({ state, empty }: { state: Shown; empty: string }) {
  const { data: cases, error } = useCases(state);
  const [shown, setShown] = useState<string | null>(null);
  return (
    <>
      {error !== null && <Failure problem={asProblem(error)} />}
      {cases?.items.length === 0 && <p className={classes.empty}>{empty}</p>}
      <ul className={classes.list}>
        {cases?.items.map((line) => (
          <li key={line.id}>
            <button type="button" className={classes.line} onClick={() => setShown(line.id)}>
              {line.child_safety && <span className={classes.tag}>Harm to children</span>}
              <strong>{lineWords(line)}</strong>
              <span>{line.image?.prompt ?? Object.values(line.fields ?? {}).join(' · ')}</span>
              <small>
                by {line.owner.name}, {moment(line.created_at)}
                {line.decision !== null && `, ${line.decision === 'approve' ? 'approved' : 'refused'}`}
                {line.overturned && ', overturned'}
              </small>
            </button>
          </li>
        ))}
      </ul>
      {cases !== undefined && cases.total > cases.items.length && (
        <p className={classes.empty}>{cases.total - cases.items.length} more follow when these are decided.</p>
      )}
      {shown !== null && <CaseDialog id={shown} onClose={() => setShown(null)} />}
    </>
  );
}
