import { useCallback, useMemo } from 'react';
import { getRouteApi } from '@tanstack/react-router';
import { filterKey, filtersOf, withFilters, type FilterName, type Filters } from './filters';

const route = getRouteApi('/studio');

export type FilterChange = (change: Partial<Record<FilterName, string | null>>) => void;

/** The filters that the address names, and the way to change them. */
export function useFilters(): { filters: Filters; change: FilterChange } {
  const found = filtersOf(route.useSearch());
  const key = filterKey(found);
  // One object as long as they say the same: an open picture is in the address too.
  // eslint-disable-next-line react-hooks/exhaustive-deps -- the key says all that is in it
  const filters = useMemo(() => found, [key]);
  const navigate = route.useNavigate();
  const change = useCallback<FilterChange>(
    (part) => void navigate({ search: (held) => withFilters(held, part), replace: true, resetScroll: false }),
    [navigate],
  );
  return { filters, change };
}
