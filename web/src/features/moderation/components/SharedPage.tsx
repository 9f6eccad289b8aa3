import { useState } from 'react';
import { Button } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import { asProblem } from '@/shared/api/problem';
import { day } from '@/shared/ui/time';
import { useShared } from '../api';
import classes from './Moderation.module.css';
import { ReportDialog } from './ReportDialog';

const route = getRouteApi('/shared/$image');

/** A picture that somebody shows to everybody who has the link. */
export function SharedPage() {
  const { image } = route.useParams();
  const { data: shared, error } = useShared(image);
  const [isReporting, setReporting] = useState(false);
  if (error !== null)
    return (
      <section className={classes.page}>
        <h1 className={classes.title}>Not here</h1>
        <p className={classes.lead}>{asProblem(error).message}</p>
      </section>
    );
  if (shared === undefined) return <p role="status">Fetching the picture…</p>;
  return (
    <section className={`${classes.page} ${classes.shared}`}>
      <img src={shared.url} alt={shared.alt} width={shared.width} height={shared.height} />
      <div>
        <h1 className={classes.prompt}>{shared.prompt ?? 'A shared picture'}</h1>
        <p className={classes.lead}>
          {shared.prompt === null ? 'Shared' : 'Prompted'} by <strong>{shared.by}</strong>
          <br />
          {day(shared.created_on)}, {shared.width} × {shared.height}
        </p>
        <Button variant="default" onClick={() => setReporting(true)}>
          Report this picture
        </Button>
      </div>
      {isReporting && <ReportDialog image={image} onClose={() => setReporting(false)} />}
    </section>
  );
}
