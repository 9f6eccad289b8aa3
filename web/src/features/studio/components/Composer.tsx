import type { KeyboardEvent, RefObject, SubmitEvent } from 'react';
import { Button, Collapse, Textarea } from '@mantine/core';
import { IconSliders, IconSpark } from '@/shared/ui/icons';
import { lengthOf } from '../rules';
import { useComposer } from '../store';
import { CountMenu } from './CountMenu';
import { SendFailure } from './SendFailure';
import { Settings } from './Settings';
import { SettingChips } from './SettingChips';
import { SizeMenu } from './SizeMenu';
import { useComposerForm } from './useComposerForm';
import classes from './Composer.module.css';

const SEND_KEYS = /Mac|iP/.test(navigator.userAgent) ? '⌘ ↵' : 'Ctrl ↵';
const NEAR_THE_END = 200;

interface Props {
  promptRef: RefObject<HTMLTextAreaElement | null>;
  /** It stays where it is instead of following the scroll. */
  isStill: boolean;
  onSent: () => void;
}

export function Composer({ promptRef, isStill, onSent }: Props) {
  const form = useComposerForm(onSent);
  const { settingsOpen, toggleSettings } = useComposer();
  const { draft, card, problems } = form;
  const left = (card?.max_prompt_chars ?? Infinity) - lengthOf(draft.prompt);

  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    form.send();
  };
  const sendByKey = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    form.send();
  };

  return (
    <form
      className={classes.composer}
      data-still={isStill || undefined}
      onSubmit={submit}
      onKeyDown={sendByKey}
      aria-label="New picture"
      noValidate
    >
      <div className={classes.card}>
        <Textarea
          ref={promptRef}
          name="prompt"
          aria-label="Prompt"
          placeholder="Describe a picture that does not exist…"
          variant="unstyled"
          autosize
          minRows={1}
          maxRows={7}
          value={draft.prompt}
          onChange={(event) => form.change({ prompt: event.currentTarget.value })}
          error={problems.prompt}
          classNames={{ input: classes.prompt ?? '', error: classes.promptError ?? '' }}
        />
        <div className={classes.bar}>
          <SizeMenu form={form} />
          <CountMenu form={form} />
          <Button
            variant="subtle"
            color="gray"
            className={classes.tool}
            aria-expanded={settingsOpen}
            aria-controls="composer-settings"
            aria-label="Settings"
            onClick={() => toggleSettings()}
          >
            <IconSliders />
            <span className={classes.toolName}>Settings</span>
          </Button>
          <span className={classes.end}>
            {left <= NEAR_THE_END && (
              <span className={classes.left} data-over={left < 0 || undefined}>
                {left.toLocaleString('en')} left
              </span>
            )}
            <kbd className={classes.keys}>{SEND_KEYS}</kbd>
            <Button
              type="submit"
              loading={form.isSending}
              leftSection={<IconSpark size={18} />}
              className={classes.send}
            >
              Generate
            </Button>
          </span>
        </div>
        {!settingsOpen && <SettingChips form={form} />}
        <Collapse expanded={settingsOpen} id="composer-settings" keepMounted={false}>
          <Settings form={form} />
        </Collapse>
        <SendFailure problem={form.failure} onRetry={form.send} />
      </div>
    </form>
  );
}
