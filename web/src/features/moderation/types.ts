import type { paths } from '@/shared/api/client';

type Answer<Path extends keyof paths> = paths[Path] extends {
  get: { responses: { 200: { content: { 'application/json': infer T } } } };
}
  ? T
  : never;

export type Line = Answer<'/api/moderation/cases'>['items'][number];
export type Case = Answer<'/api/moderation/cases/{case}'>;
export type OwnCase = Answer<'/api/cases'>['items'][number];
export type Shown = NonNullable<NonNullable<paths['/api/moderation/cases']['get']['parameters']['query']>['state']>;
type Report = NonNullable<paths['/api/shared/{image}/report']['post']['requestBody']>['content']['application/json'];
export type ReportReason = Report['reason'];
