import type { Line, OwnCase, ReportReason } from './types';

/** Why a picture is reported, in words, the gravest first. */
export const REASONS: readonly { value: ReportReason; label: string }[] = [
  { value: 'child_safety', label: 'Harm to children' },
  { value: 'intimate_images', label: 'Intimate pictures of somebody who did not agree' },
  { value: 'sexual', label: 'Sexual content' },
  { value: 'violence', label: 'Violence or gore' },
  { value: 'hate', label: 'Hate' },
  { value: 'self_harm', label: 'Self-harm' },
  { value: 'real_person', label: 'A real person, shown in a wrong light' },
  { value: 'spam', label: 'Spam' },
  { value: 'other', label: 'Something else' },
];

/** A category of a report or of the policy. */
export function categoryWords(category: string): string {
  return REASONS.find(({ value }) => value === category)?.label ?? sentence(category.replaceAll('_', ' '));
}

const sentence = (words: string) => words.charAt(0).toUpperCase() + words.slice(1);

const ORIGINS: Record<Line['origin'], string> = {
  reports: 'Reported',
  screening: 'Held by the rules',
  appeal: 'Appeal',
};

/** What a moderator reads of a case in one line. */
export function lineWords(line: Line): string {
  const thing = line.kind === 'image' ? 'picture' : 'text';
  const said = line.reports === 0 ? '' : line.reports === 1 ? ', 1 report' : `, ${line.reports} reports`;
  return `${ORIGINS[line.origin]}: ${categoryWords(line.category).toLowerCase()}, a ${thing}${said}`;
}

/** How something of mine stands. */
export function stateWords(own: OwnCase): string {
  if (own.state === 'waiting') return 'A moderator looks at it';
  if (own.state === 'approved') return own.appeal?.decision === 'approve' ? 'Approved after your appeal' : 'Approved';
  return own.by_a_person ? 'Refused by a moderator' : 'Refused by the rules';
}

/** What may be done about a refusal, or was. */
export function appealWords({ appeal }: OwnCase): string | null {
  if (appeal === null) return null;
  if (appeal.decision === null) return 'You have appealed. Another moderator looks at it.';
  const outcome = appeal.decision === 'approve' ? 'Your appeal was granted.' : 'Your appeal was refused.';
  return appeal.answer === '' ? outcome : `${outcome} ${appeal.answer}`;
}
