import type { ComponentType } from 'react';
import { IconStudio } from '@/shared/ui/icons';

interface Place {
  to: '/studio';
  name: string;
  Icon: ComponentType<{ size?: number }>;
}

/** The places that are open, in the order of the rail. A place joins when its route does. */
export const places: readonly Place[] = [{ to: '/studio', name: 'Studio', Icon: IconStudio }];
