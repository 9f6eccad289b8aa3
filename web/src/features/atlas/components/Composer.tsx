import type { KeyboardEvent, RefObject, SubmitEvent } from 'react';
import { Button, Textarea, UnstyledButton } from '@mantine/core';
import { asProblem } from '@/shared/api/problem';
import { IconEraser, IconFrame, IconSpark } from '@/shared/ui/icons';
import { useErase, usePaint } from '../api';
import { PRESETS } from '../presets';
import { useAtlas } from '../store';
import type { ModelCard, World } from '../types';
import { BrushBar, BrushTool } from './Brush';
import { CandidatesMenu } from './CandidatesMenu';
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
  const erase = useErase(world.slug);
  const failed = paint.error ?? erase.error;
  const problem = failed === null ? null : asProblem(failed);
  const told = problem?.fields.find(({ field }) => field === 'prompt')?.message;
  const isTooLong = Array.from(prompt).length > model.max_prompt_chars;
  const isReady = prompt.trim() !== '' && !isTooLong;

  const send = () => {
    const { frame, strokes, candidates, isAwaiting } = useAtlas.getState();
    if (!isSeen) bringFrame(model.size);
    else if (isReady && frame !== null && !isAwaiting) {
      erase.reset();
      paint.mutate({ ...frame, prompt: prompt.trim(), strokes, ...(candidates > 1 && { candidates }) });
    }
  };
  const rub = () => {
    const { frame, strokes, isAwaiting } = useAtlas.getState();
    if (frame === null || isAwaiting) return;
    paint.reset();
    erase.mutate({ ...frame, strokes });
  };
  const write = (words: string) => {
    if (paint.isError) paint.reset();
    if (erase.isError) erase.reset();
    useAtlas.setState({ prompt: words });
  };
  return {
    prompt,
    write,
    send,
    rub,
    isSeen,
    isSending: paint.isPending,
    isErasing: erase.isPending,
    canSend: !isSeen || isReady,
    promptProblem: isTooLong ? `At most ${model.max_prompt_chars.toLocaleString('en')} characters.` : told,
    problem: told === undefined ? problem : null,
  };
}

function Open({ world, model, promptRef }: Props) {
  const composer = useComposer(world, model);
  const { prompt, write, send, rub, isSeen, isSending, isErasing, canSend, promptProblem, problem } = composer;
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
          <CandidatesMenu />
          <span className={classes.end}>
            <kbd className={classes.keys}>{SEND_KEYS}</kbd>
            {isSeen && <EraseButton isErasing={isErasing} onErase={rub} />}
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

function EraseButton({ isErasing, onErase }: { isErasing: boolean; onErase: () => void }) {
  const isMarked = useAtlas(({ strokes }) => strokes.length > 0);
  return (
    <Button
      variant="subtle"
      color="gray"
      className={classes.tool}
      aria-label={isMarked ? 'Erase what is marked' : 'Erase what is in the frame'}
      title={isMarked ? 'Erase what is marked' : 'Erase what is in the frame'}
      loading={isErasing}
      onClick={onErase}
    >
      <IconEraser />
    </Button>
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
