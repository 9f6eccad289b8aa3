import type { ComponentType } from 'react';
import { IconDoubt, IconLikeness, IconQuestion, IconSealed } from '@/shared/ui/icons';
import { factsOf, HEADINGS } from '../rules';
import type { Verdict, Verification } from '../types';
import classes from './Result.module.css';

const ICONS: Record<Verdict, ComponentType<{ size?: number }>> = {
  made_here: IconSealed,
  changed_copy: IconLikeness,
  says_so: IconDoubt,
  not_known: IconQuestion,
};

/** What was found out, in plain words: the verdict first, then what it rests on. */
export function Result({ found }: { found: Verification }) {
  const Icon = ICONS[found.verdict];
  return (
    <article className={classes.result} data-verdict={found.verdict}>
      <div className={classes.verdict}>
        <span className={classes.icon}>
          <Icon size={26} />
        </span>
        <h2>{HEADINGS[found.verdict]}</h2>
      </div>
      <p className={classes.explanation}>{found.explanation}</p>
      <dl className={classes.facts}>
        {factsOf(found).map(({ name, words }) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{words}</dd>
          </div>
        ))}
      </dl>
      {found.mine && (
        <div className={classes.mine}>
          <h3>It is yours</h3>
          {found.mine.prompt && <p>“{found.mine.prompt}”</p>}
          <a href={found.mine.url}>Open the original</a>
          <small>Nobody else who asks is told this.</small>
        </div>
      )}
    </article>
  );
}
