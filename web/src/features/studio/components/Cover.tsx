import type { Collection } from '../types';
import classes from './Cover.module.css';

/** The newest picture of a collection, small. */
export function Cover({ collection }: { collection: Collection }) {
  return (
    <span className={classes.cover}>
      {collection.cover !== null && <img src={collection.cover} alt="" width={40} height={40} loading="lazy" />}
    </span>
  );
}
