import type { paths } from '@/shared/api/client';

type Answer<Path extends keyof paths> = paths[Path] extends {
  get: { responses: { 200: { content: { 'application/json': infer T } } } };
}
  ? T
  : never;

export type Person = NonNullable<Answer<'/api/session'>['person']>;
export type Account = Answer<'/api/account'>;
type Token = Answer<'/api/tokens'>['items'][number];
export type Member = Answer<'/api/people'>['items'][number];
export type AuditEntry = Answer<'/api/audit'>['items'][number];
export type Show = NonNullable<NonNullable<paths['/api/people']['get']['parameters']['query']>['show']>;
export type Scope = Token['scopes'][number];
