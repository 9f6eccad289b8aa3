import { IconLikeness, IconRecipe, IconSealed } from '@/shared/ui/icons';
import classes from './Lesson.module.css';

const WAYS = [
  {
    Icon: IconSealed,
    name: 'Pixels and signatures prove it',
    words: 'Every pixel the same as in a picture made here, or a signature of this server over the unchanged file.',
  },
  {
    Icon: IconLikeness,
    name: 'Likeness makes it probable',
    words:
      'Another size or format, a mirror image or a turned one is recognised. A crop is not: it is another picture.',
  },
  {
    Icon: IconRecipe,
    name: 'Metadata only say so',
    words:
      'Each of our files says that a model made it, and which. Anybody can write or remove that, so it is checked.',
  },
];

/** What the answer will rest on, before anything was asked. */
export function Lesson() {
  return (
    <ul className={classes.lesson}>
      {WAYS.map(({ Icon, name, words }) => (
        <li key={name}>
          <span className={classes.icon}>
            <Icon size={22} />
          </span>
          <h2>{name}</h2>
          <p>{words}</p>
        </li>
      ))}
    </ul>
  );
}
