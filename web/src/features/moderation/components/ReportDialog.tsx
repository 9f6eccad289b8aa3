import { useState } from 'react';
import { Button, Radio, Textarea } from '@mantine/core';
import { api, doneOf } from '@/shared/api/client';
import { useSubmit } from '@/shared/api/useSubmit';
import { Dialog } from '@/shared/ui/Dialog';
import { ofImage, useRefresh } from '../api';
import type { ReportReason } from '../types';
import { REASONS } from '../words';
import classes from './Moderation.module.css';
import { Failure } from './parts';

export function ReportDialog({ image, onClose }: { image: string; onClose: () => void }) {
  const [reason, setReason] = useState<ReportReason | null>(null);
  const [words, setWords] = useState('');
  const [isDone, setDone] = useState(false);
  const { onSubmit, isBusy, problem } = useSubmit();
  const refresh = useRefresh();
  const send = async () => {
    if (reason === null) return;
    await doneOf(api.POST('/api/shared/{image}/report', { ...ofImage(image), body: { reason, words } }));
    setDone(true);
  };
  const close = () => {
    onClose();
    if (isDone) void refresh();
  };
  if (isDone)
    return (
      <Dialog title="Thank you" onClose={close}>
        <p role="status">A moderator looks at it. Your decisions page will say what came of it.</p>
        <Button onClick={close}>Done</Button>
      </Dialog>
    );
  return (
    <Dialog title="What is wrong with it?" onClose={close}>
      <Failure problem={problem} />
      <form className={classes.form} onSubmit={onSubmit(send)}>
        <Radio.Group
          label="A moderator reads this"
          value={reason}
          onChange={(value) => setReason(value)}
          withAsterisk={false}
          required
        >
          <div className={classes.form} style={{ marginTop: 10 }}>
            {REASONS.map(({ value, label }) => (
              <Radio key={value} value={value} label={label} />
            ))}
          </div>
        </Radio.Group>
        <Textarea
          label="Anything that helps (optional)"
          autosize
          minRows={2}
          maxLength={1000}
          value={words}
          onChange={(event) => setWords(event.currentTarget.value)}
        />
        <Button type="submit" loading={isBusy} disabled={reason === null}>
          Send the report
        </Button>
      </form>
    </Dialog>
  );
}
