import { UnstyledButton } from '@mantine/core';
import { IconClose } from '@/shared/ui/icons';
import type { Draft, ModelCard } from '../types';
import type { ComposerForm } from './useComposerForm';
import classes from './SettingChips.module.css';

interface Chip {
  words: string;
  clear: Partial<Draft>;
}

/** What differs from the model's own settings: shown, so that nothing hidden shapes a picture. */
function chipsOf(draft: Draft, card: ModelCard): Chip[] {
  const chips: (Chip | false)[] = [
    draft.negative_prompt !== '' && { words: `Without: ${draft.negative_prompt}`, clear: { negative_prompt: '' } },
    draft.seed !== null && { words: `Seed ${draft.seed}`, clear: { seed: null } },
    draft.steps !== null &&
      draft.steps !== card.steps.default && { words: `${draft.steps} steps`, clear: { steps: null } },
    draft.guidance !== null &&
      draft.guidance !== card.guidance.default && { words: `Guidance ${draft.guidance}`, clear: { guidance: null } },
  ];
  return chips.filter((chip) => chip !== false);
}

export function SettingChips({ form: { draft, card, change } }: { form: ComposerForm }) {
  const chips = card === undefined ? [] : chipsOf(draft, card);
  if (chips.length === 0) return null;
  return (
    <ul className={classes.chips} aria-label="Settings that differ from the model's own">
      {chips.map(({ words, clear }) => (
        <li key={words}>
          <UnstyledButton
            className={classes.chip}
            onClick={() => change(clear)}
            aria-label={`${words}. Back to normal`}
          >
            <span className={classes.words}>{words}</span>
            <IconClose size={14} />
          </UnstyledButton>
        </li>
      ))}
    </ul>
  );
}
