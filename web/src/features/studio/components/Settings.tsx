import { ActionIcon, NumberInput, Slider, Textarea, Tooltip } from '@mantine/core';
import { IconDice } from '@/shared/ui/icons';
import type { ModelCard } from '../types';
import { ModelChoice } from './ModelChoice';
import type { ComposerForm } from './useComposerForm';
import classes from './Settings.module.css';

const asNumber = (value: number | string): number | null => (typeof value === 'number' ? value : null);

export function Settings({ form }: { form: ComposerForm }) {
  const { draft, card, change, problems } = form;
  if (card === undefined) return null;
  return (
    <div className={classes.settings}>
      <Textarea
        className={classes.wide ?? ''}
        name="negative_prompt"
        label="Without"
        description="What the picture should keep away from."
        placeholder="people, text, blur"
        autosize
        minRows={1}
        maxRows={4}
        value={draft.negative_prompt}
        onChange={(event) => change({ negative_prompt: event.currentTarget.value })}
        error={problems.negative_prompt}
      />
      <ModelChoice form={form} />
      <SeedInput form={form} />
      <div className={classes.pair}>
        <SideInput form={form} side="width" label="Width" card={card} />
        <SideInput form={form} side="height" label="Height" card={card} />
      </div>
      <Dial
        form={form}
        field="steps"
        label="Steps"
        about="More steps: finer, and slower."
        least={1}
        step={1}
        card={card}
      />
      <Dial
        form={form}
        field="guidance"
        label="Guidance"
        about="How closely the words are followed."
        least={0}
        step={0.1}
        card={card}
      />
    </div>
  );
}

function SeedInput({ form: { draft, change, problems } }: { form: ComposerForm }) {
  return (
    <NumberInput
      name="seed"
      label="Seed"
      description="The same seed and settings give the same picture."
      placeholder="A new one every time"
      hideControls
      allowDecimal={false}
      clampBehavior="none"
      value={draft.seed ?? ''}
      onChange={(value) => change({ seed: asNumber(value) })}
      error={problems.seed}
      rightSectionWidth={48}
      rightSection={
        draft.seed === null ? undefined : (
          <Tooltip label="A new one every time">
            <ActionIcon aria-label="A new seed every time" onClick={() => change({ seed: null })}>
              <IconDice />
            </ActionIcon>
          </Tooltip>
        )
      }
    />
  );
}

interface SideProps {
  form: ComposerForm;
  side: 'width' | 'height';
  label: string;
  card: ModelCard;
}

function SideInput({ form: { draft, change, problems }, side, label, card }: SideProps) {
  return (
    <NumberInput
      name={side}
      label={label}
      description={`${card.size.min} to ${card.size.max}`}
      suffix=" px"
      allowDecimal={false}
      allowNegative={false}
      clampBehavior="none"
      step={card.size.multiple}
      value={draft[side] ?? card.native_size}
      onChange={(value) => change({ [side]: asNumber(value) })}
      error={problems[side]}
      hideControls
    />
  );
}

interface DialProps {
  form: ComposerForm;
  field: 'steps' | 'guidance';
  label: string;
  about: string;
  least: number;
  step: number;
  card: ModelCard;
}

/** A number with a slider beside it: one to be exact, one to try. */
function Dial({ form: { draft, change, problems }, field, label, about, least, step, card }: DialProps) {
  const value = draft[field] ?? card[field].default;
  return (
    <div className={classes.dial}>
      <NumberInput
        name={field}
        label={label}
        description={about}
        clampBehavior="none"
        allowDecimal={step < 1}
        step={step}
        value={value}
        onChange={(next) => change({ [field]: asNumber(next) })}
        error={problems[field]}
        hideControls
        classNames={{ input: classes.dialNumber ?? '' }}
      />
      <Slider
        className={classes.slider ?? ''}
        label={null}
        min={least}
        max={card[field].max}
        step={step}
        value={value}
        onChange={(next) => change({ [field]: next })}
        thumbLabel={label}
        size={4}
        thumbSize={22}
      />
    </div>
  );
}
