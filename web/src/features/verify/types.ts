import type { paths } from '@/shared/api/client';

export type Verification = paths['/api/verify']['post']['responses'][200]['content']['application/json'];
export type Verdict = Verification['verdict'];
