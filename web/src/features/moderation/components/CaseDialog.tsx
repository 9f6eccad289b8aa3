import { useState } from 'react';
import { Button } from '@mantine/core';
import { api, dataOf, doneOf } from '@/shared/api/client';
import { asProblem } from '@/shared/api/problem';
import { useSubmit } from '@/shared/api/useSubmit';
import { Dialog } from '@/shared/ui/Dialog';
import { day, moment } from '@/shared/ui/time';
import { ofCase, useCase, useRefresh } from '../api';
import type { Case } from '../types';
import { categoryWords, lineWords } from '../words';
import { DecideForm } from './DecideForm';
import classes from './Moderation.module.css';
import { Failure, Fields } from './parts';

/** Everything that is needed to decide one case, and the decision. */
export function CaseDialog({ id, onClose }: { id: string; onClose: () => void }) {
  const { data: found, error } = useCase(id);
  return (
    <Dialog title={found === undefined ? 'A case' : lineWords(found)} onClose={onClose}>
      {error !== null && <Failure problem={asProblem(error)} />}
      {found !== undefined && (
        <div className={classes.case}>
          <Subject found={found} />
          <History found={found} />
          <Work found={found} onDone={onClose} />
        </div>
      )}
    </Dialog>
  );
}

function Subject({ found }: { found: Case }) {
  return (
    <>
      {found.kind === 'image' && <Veiled found={found} />}
      {found.image?.prompt != null && <Fields fields={{ prompt: found.image.prompt }} />}
      {found.fields !== null && <Fields fields={found.fields} />}
      {found.appeal_words !== '' && (
        <section>
          <h3>Their appeal</h3>
          <p>{found.appeal_words}</p>
        </section>
      )}
      {found.before !== null && (
        <section>
          <h3>The decision that it is against</h3>
          <p>
            {found.before.decided_by ?? 'The rules'}:{' '}
            {found.before.words === '' ? found.before.reason : found.before.words}
          </p>
          {found.before.owner.id !== found.owner.id && (
            <p className={classes.soft}>
              It was about {found.before.owner.name}, who has the same file. Neither is told of the other.
            </p>
          )}
        </section>
      )}
      {found.told.length > 0 && (
        <section>
          <h3>What was reported</h3>
          <ul className={classes.said}>
            {found.told.map((report) => (
              <li key={`${report.by} ${report.created_at}`}>
                <strong>{categoryWords(report.reason)}</strong>
                {report.words !== '' && `: ${report.words}`}
                <br />
                <small className={classes.soft}>
                  {report.by}
                  {report.guest && ' (a guest)'}, weighs {report.weight.toFixed(1)}
                </small>
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}

function Veiled({ found }: { found: Case }) {
  const [isShown, setShown] = useState(false);
  if (found.image === null) return <p className={classes.soft}>Its owner has deleted the picture.</p>;
  const picture = `/api/moderation/cases/${found.id}/picture`;
  if (isShown) return <img className={classes.plain} src={picture} alt="The picture that the case is about" />;
  return (
    <button type="button" className={classes.veil} onClick={() => setShown(true)}>
      <img src={picture} alt="" width={found.image.width} height={found.image.height} />
      <span>Show the picture</span>
    </button>
  );
}

function History({ found }: { found: Case }) {
  return (
    <section>
      <h3>
        {found.owner.name}
        {found.owner.guest && ' (a guest)'}: score {found.score}
      </h3>
      {found.strikes.length === 0 && <p className={classes.soft}>Nothing was counted against them so far.</p>}
      <ul className={classes.said}>
        {found.strikes.map((strike) => (
          <li key={strike.created_at}>
            {day(strike.created_at)}: {strike.reason}
            {strike.lifted && ' (lifted)'}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Work({ found, onDone }: { found: Case; onDone: () => void }) {
  const { run, isBusy, problem } = useSubmit();
  const refresh = useRefresh();
  const claim = async () => {
    await dataOf(api.POST('/api/moderation/cases/{case}/claim', ofCase(found.id)));
    await refresh();
  };
  const release = async () => {
    await doneOf(api.POST('/api/moderation/cases/{case}/release', ofCase(found.id)));
    await refresh();
  };
  if (found.decision !== null && found.decided_at !== null)
    return (
      <section>
        <h3>
          {found.decision === 'approve' ? 'Approved' : 'Refused'} by {found.decided_by ?? 'the rules'},{' '}
          {moment(found.decided_at)}
        </h3>
        <p>{found.words}</p>
        {found.blocked && <p className={classes.soft}>What looks like it is blocked.</p>}
        {found.overturned && <p className={classes.soft}>Overturned after an appeal.</p>}
      </section>
    );
  if (found.mine)
    return (
      <>
        <DecideForm found={found} onDone={onDone} />
        <Failure problem={problem} />
        <Button variant="subtle" color="gray" loading={isBusy} onClick={() => void run(release)}>
          Leave it to somebody else
        </Button>
      </>
    );
  return (
    <>
      <Failure problem={problem} />
      {found.why_not === null ? (
        <Button loading={isBusy} onClick={() => void run(claim)}>
          Claim it for half an hour
        </Button>
      ) : (
        <p className={classes.soft}>{found.why_not}</p>
      )}
    </>
  );
}
