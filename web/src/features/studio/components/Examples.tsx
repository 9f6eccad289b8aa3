import { UnstyledButton } from '@mantine/core';
import { useComposer } from '../store';
import classes from './Examples.module.css';

const EXAMPLES = [
  'A blue boat on the sea at sunset',
  'Snowy mountains under a full moon',
  'Aerial view of green islands in the ocean',
  'A red house in a meadow on a clear morning',
  'A river winding through farmland, seen from above',
  'Desert dunes under an orange sky',
];

export function Examples({ onPick }: { onPick: () => void }) {
  const change = useComposer((composer) => composer.change);
  const pick = (prompt: string) => {
    change({ prompt });
    onPick();
  };
  return (
    <section className={classes.examples} aria-labelledby="examples">
      <h3 id="examples">Say what is there, the light, and from where one looks. For instance:</h3>
      <ul>
        {EXAMPLES.map((example) => (
          <li key={example}>
            <UnstyledButton className={classes.example} onClick={() => pick(example)}>
              {example}
            </UnstyledButton>
          </li>
        ))}
      </ul>
    </section>
  );
}
