import { useState } from 'react';
import { asProblem, type Problem } from '@/shared/api/problem';
import { useGenerate, useModels } from '../api';
import { whyNotGenerate, type DraftField, type FieldProblems } from '../rules';
import { useComposer } from '../store';
import type { Draft, ModelCard } from '../types';

/** The fields that have a place to show what is wrong with them; the first is always in sight, the others in the settings. */
const FIELDS: readonly DraftField[] = ['prompt', 'negative_prompt', 'seed', 'width', 'height', 'steps', 'guidance'];
const isField = (name: string): name is DraftField => (FIELDS as readonly string[]).includes(name);

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
  const known = (problem?.fields ?? []).flatMap(({ field, message }) => (isField(field) ? [[field, message]] : []));
  return Object.fromEntries(known) as FieldProblems;
}

/** What is left to say beside the composer: all of it, unless every part is said at a field. */
function failureOf(problem: Problem | null): Problem | null {
  const isToldAtFields =
    problem !== null && problem.fields.length > 0 && problem.fields.every(({ field }) => isField(field));
  return isToldAtFields ? null : problem;
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

  const showWrong = (wrong: readonly string[]) => {
    const field = FIELDS.find((name) => wrong.includes(name));
    if (field === undefined) return;
    if (field !== 'prompt') toggleSettings(true);
    // The settings may have to open first.
    requestAnimationFrame(() => document.querySelector<HTMLElement>(`[name="${field}"]`)?.focus());
  };

  const send = () => {
    const wrong = Object.keys(own);
    setTried(wrong.length > 0);
    if (wrong.length > 0) showWrong(wrong);
    else
      generate.mutate(draft, {
        onSuccess: onSent,
        onError: (error) => showWrong(asProblem(error).fields.map(({ field }) => field)),
      });
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
    failure: failureOf(problem),
    isSending: generate.isPending,
    send,
  };
}
