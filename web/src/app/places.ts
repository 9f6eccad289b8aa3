import type { ComponentType } from 'react';
import { IconAtlas, IconStudio } from '@/shared/ui/icons';

interface Place {
  to: '/studio' | '/atlas';
  name: string;
  Icon: ComponentType<{ size?: number }>;
}

/** The places that are open, in the order of the rail. A place joins when its route does. */
export const places: readonly Place[] = [
  { to: '/studio', name: 'Studio', Icon: IconStudio },
  { to: '/atlas', name: 'Atlas', Icon: IconAtlas },
];
