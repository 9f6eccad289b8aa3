import type { ReactNode } from 'react';
import type { Problem } from '@/shared/api/problem';
import classes from './Account.module.css';

/** A narrow page with one thing to do. */
export function NarrowPage({ title, lead, children }: { title: string; lead?: ReactNode; children: ReactNode }) {
  return (
    <section className={classes.page}>
      <h1 className={classes.title}>{title}</h1>
      {lead !== undefined && <p className={classes.lead}>{lead}</p>}
      {children}
    </section>
  );
}

export function Failure({ problem }: { problem: Problem | null }) {
  if (problem === null) return null;
  return (
    <p className={classes.problem} role="alert">
      {problem.message}
    </p>
  );
}

export function Section({ title, lead, children }: { title: string; lead?: ReactNode; children: ReactNode }) {
  return (
    <section className={classes.section} aria-label={title}>
      <h2>{title}</h2>
      {lead !== undefined && <p>{lead}</p>}
      {children}
    </section>
  );
}
