import type { Problem } from '@/shared/api/problem';
import classes from './Moderation.module.css';

export function Failure({ problem }: { problem: Problem | null }) {
  if (problem === null) return null;
  return (
    <p className={classes.problem} role="alert">
      {problem.message}
    </p>
  );
}

const LABELS: Record<string, string> = { prompt: 'Prompt', negative_prompt: 'Negative prompt', name: 'Name' };

/** A text as it was sent, field by field. */
export function Fields({ fields }: { fields: Record<string, string> }) {
  return (
    <dl className={classes.fields}>
      {Object.entries(fields).map(([name, text]) => (
        <div key={name}>
          <dt>{LABELS[name] ?? name}</dt>
          <dd>{text}</dd>
        </div>
      ))}
    </dl>
  );
}
