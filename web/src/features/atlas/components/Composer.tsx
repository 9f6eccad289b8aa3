import type { KeyboardEvent, RefObject, SubmitEvent } from 'react';
import { Button, Textarea, UnstyledButton } from '@mantine/core';
import { asProblem } from '@/shared/api/problem';
import { IconFrame, IconSpark } from '@/shared/ui/icons';
import { usePaint } from '../api';
import { PRESETS } from '../presets';
import { useAtlas } from '../store';
import type { ModelCard, World } from '../types';
import { BrushBar, BrushTool } from './Brush';
import { SizeMenu } from './SizeMenu';
import { bringFrame, useIsFrameSeen } from './useFrameSeen';
import classes from './Composer.module.css';

const SEND_KEYS = /Mac|iP/.test(navigator.userAgent) ? '⌘ ↵' : 'Ctrl ↵';

interface Props {
  world: World;
  model: ModelCard;
  promptRef: RefObject<HTMLTextAreaElement | null>;
}

export function Composer(props: Props) {
  const { world } = props;
  if (world.may_paint) return <Open {...props} />;
  return (
    <div className={classes.composer} role="note">
      <p className={classes.closed}>
        Only {world.author ?? 'its owner'} paints in this world. Look around, or make a world of your own.
      </p>
    </div>
  );
}

/** The words, what is wrong with them, and the way to send them. */
function useComposer(world: World, model: ModelCard) {
  const prompt = useAtlas((state) => state.prompt);
  const isSeen = useIsFrameSeen();
  const paint = usePaint(world.slug);
  const problem = paint.error === null ? null : asProblem(paint.error);
  const told = problem?.fields.find(({ field }) => field === 'prompt')?.message;
  const isTooLong = Array.from(prompt).length > model.max_prompt_chars;
  const isReady = prompt.trim() !== '' && !isTooLong;

  const send = () => {
    const { frame, strokes } = useAtlas.getState();
    if (!isSeen) bringFrame(model.size);
    else if (isReady && frame !== null && !paint.isPending) paint.mutate({ ...frame, prompt: prompt.trim(), strokes });
  };
  const write = (words: string) => {
    if (paint.isError) paint.reset();
    useAtlas.setState({ prompt: words });
  };
  return {
    prompt,
    write,
    send,
    isSeen,
    isSending: paint.isPending,
    canSend: !isSeen || isReady,
    promptProblem: isTooLong ? `At most ${model.max_prompt_chars.toLocaleString('en')} characters.` : told,
    problem: told === undefined ? problem : null,
  };
}

function Open({ world, model, promptRef }: Props) {
  const { prompt, write, send, isSeen, isSending, canSend, promptProblem, problem } = useComposer(world, model);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    send();
  };
  const sendByKey = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    send();
  };

  return (
    <form className={classes.composer} onSubmit={submit} onKeyDown={sendByKey} aria-label="Paint" noValidate>
      <Presets onPick={write} prompt={prompt} />
      <BrushBar />
      <div className={classes.card}>
        <Textarea
          ref={promptRef}
          name="prompt"
          aria-label="Prompt"
          placeholder="What should be in the frame?"
          variant="unstyled"
          autosize
          minRows={1}
          maxRows={4}
          value={prompt}
          onChange={(event) => write(event.currentTarget.value)}
          error={promptProblem}
          classNames={{ root: classes.box ?? '', input: classes.prompt ?? '', error: classes.error ?? '' }}
        />
        <div className={classes.bar}>
          <SizeMenu model={model} />
          <BrushTool />
          <span className={classes.end}>
            <kbd className={classes.keys}>{SEND_KEYS}</kbd>
            <Button
              type="submit"
              loading={isSending}
              disabled={!canSend}
              leftSection={isSeen ? <IconSpark size={18} /> : <IconFrame size={18} />}
              className={classes.send}
            >
              {isSeen ? 'Paint' : 'Bring the frame here'}
            </Button>
          </span>
        </div>
        {problem !== null && (
          <p className={classes.problem} role="alert">
            {problem.message}
          </p>
        )}
      </div>
    </form>
  );
}

function Presets({ prompt, onPick }: { prompt: string; onPick: (words: string) => void }) {
  return (
    <ul
      className={classes.presets}
      aria-label="Kinds of land"
      // A wheel that only turns one way reaches the far end too.
      onWheel={({ currentTarget, deltaY }) => (currentTarget.scrollLeft += deltaY)}
    >
      {PRESETS.map((preset) => (
        <li key={preset.name}>
          <UnstyledButton
            className={classes.preset}
            aria-pressed={prompt === preset.prompt}
            onClick={() => onPick(preset.prompt)}
          >
            <span
              className={classes.swatch}
              style={{ background: `linear-gradient(140deg, ${preset.colors[0]} 35%, ${preset.colors[1]} 65%)` }}
            />
            {preset.name}
          </UnstyledButton>
        </li>
      ))}
    </ul>
  );
}
