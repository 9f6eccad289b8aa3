import type { paths } from '@/shared/api/client';

type Post = paths['/api/studio/generations']['post'];
type List = paths['/api/studio/generations']['get'];
type Collections = paths['/api/studio/collections']['get'];
type Models = paths['/api/models']['get'];

export type Generation = Post['responses'][202]['content']['application/json'];
export type Page = List['responses'][200]['content']['application/json'];
export type Job = Generation['jobs'][number];
export type Image = NonNullable<Job['image']>;
export type HistoryQuery = NonNullable<List['parameters']['query']>;
export type Collection = Collections['responses'][200]['content']['application/json']['items'][number];
export type ModelLoad = paths['/api/models/load']['post']['responses'][202]['content']['application/json'];
export type ModelCard = Models['responses'][200]['content']['application/json']['items'][number];

/** What the composer holds. `null` leaves the choice to the server: the model's own default, or a random seed. */
export interface Draft {
  prompt: string;
  negative_prompt: string;
  model: string | null;
  seed: number | null;
  steps: number | null;
  guidance: number | null;
  width: number | null;
  height: number | null;
  count: number;
}
