import { useState } from 'react';
import { asProblem, type Problem } from '@/shared/api/problem';
import { useGenerate, useModels } from '../api';
import { whyNotGenerate, type DraftField, type FieldProblems } from '../rules';
import { useComposer } from '../store';
import type { Draft, ModelCard } from '../types';

const FIELDS: readonly DraftField[] = [
  'prompt',
  'negative_prompt',
  'model',
  'seed',
  'steps',
  'guidance',
  'width',
  'height',
  'count',
];
const isDraftField = (name: string): name is DraftField => (FIELDS as readonly string[]).includes(name);

export interface ComposerForm {
  draft: Draft;
  card: ModelCard | undefined;
  cards: readonly ModelCard[];
  change: (part: Partial<Draft>) => void;
  /** What is wrong with a field, in the words to show under it. */
  problems: FieldProblems;
  /** What is wrong with the request as a whole: no field is to blame. */
  failure: Problem | null;
  isSending: boolean;
  send: () => void;
}

function fieldProblems(problem: Problem | null): FieldProblems {
  const known = (problem?.fields ?? []).flatMap(({ field, message }) =>
    isDraftField(field) ? [[field, message]] : [],
  );
  return Object.fromEntries(known) as FieldProblems;
}

/** The draft, what is wrong with it (by our rules at once, by the server's after sending), and the way to send it. */
export function useComposerForm(onSent: () => void): ComposerForm {
  const { draft, change, toggleSettings } = useComposer();
  const { data: cards = [] } = useModels();
  const generate = useGenerate();
  const [wasTried, setTried] = useState(false);

  const card = cards.find(({ name }) => name === draft.model) ?? cards.find((each) => each.default) ?? cards[0];
  const own = card === undefined ? {} : whyNotGenerate(draft, card);
  const problem = generate.error === null ? null : asProblem(generate.error);
  const told = fieldProblems(problem);
  // An empty box is no mistake until someone tries to send it.
  const { prompt, ...rest } = own;
  const isPromptShown = prompt !== undefined && (wasTried || draft.prompt.trim() !== '');
  const problems = { ...told, ...rest, ...(isPromptShown && { prompt }) };

  const send = () => {
    const wrong = Object.keys(own) as DraftField[];
    setTried(wrong.length > 0);
    if (wrong.some((field) => field !== 'prompt')) toggleSettings(true);
    if (wrong.length === 0) generate.mutate(draft, { onSuccess: onSent });
    else requestAnimationFrame(() => document.querySelector<HTMLElement>(`[name="${wrong[0] ?? 'prompt'}"]`)?.focus());
  };

  return {
    draft,
    card,
    cards,
    change: (part) => {
      if (generate.isError) generate.reset();
      change(part);
    },
    problems,
    failure: Object.keys(told).length > 0 ? null : problem,
    isSending: generate.isPending,
    send,
  };
}
