import { useMutation, useQuery, useQueryClient, type QueryClient } from '@tanstack/react-query';
import { api, dataOf, doneOf } from '@/shared/api/client';
import { asProblem } from '@/shared/api/problem';
import { changeHistory, HISTORY, ofGeneration, type History } from './api';
import { asQuery, type Filters } from './filters';
import { useNotes } from './notes';
import { count, imagesOf, inParts, megabytes, removeGenerations, removeImages, setFavourites } from './rules';
import type { Collection, Image } from './types';

/** Favourites, collections, deletion and download: what one does with pictures that are there. */

const COLLECTIONS = ['studio', 'collections'] as const;
const CHOICES = ['studio', 'choices'] as const;
/** As many as one request may name. */
const MOST_AT_ONCE = 500;

const ofCollection = (collection: string) => ({ params: { path: { collection } } });

async function forParts(ids: readonly string[], send: (images: string[]) => Promise<unknown>): Promise<void> {
  for (const images of inParts(ids, MOST_AT_ONCE)) await send(images);
}

const tellProblem = (error: unknown) => useNotes.getState().tell(asProblem(error).message, true);

// ---- who sees it ----

interface Visibility {
  image: string;
  visibility: Image['visibility'];
}

export function useVisibility() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ image, visibility }: Visibility) => {
      const params = { path: { image } };
      return visibility === 'private'
        ? dataOf(api.DELETE('/api/images/{image}/visibility', { params }))
        : dataOf(api.PUT('/api/images/{image}/visibility', { params, body: { visibility } }));
    },
    onSuccess: async (image) => {
      client.setQueryData<Image>(['images', image.id], image);
      await client.invalidateQueries({ queryKey: HISTORY });
    },
    onError: tellProblem,
  });
}

// ---- favourites ----

function heldImages(client: QueryClient): Image[] {
  const views = client.getQueriesData<History>({ queryKey: HISTORY }).map(([, held]) => held);
  const single = client.getQueriesData<Image>({ queryKey: ['images'] }).map(([, held]) => held);
  return [
    ...views.flatMap((held) => imagesOf(held?.pages.flatMap((page) => page.items) ?? [])),
    ...single.filter((held) => held !== undefined),
  ];
}

function showFavourites(client: QueryClient, wanted: ReadonlyMap<string, boolean>): void {
  changeHistory(client, (pages) => setFavourites(pages, wanted));
  for (const [id, favourite] of wanted) {
    client.setQueryData<Image>(['images', id], (held) => held && { ...held, favourite });
  }
}

interface Marked {
  images: readonly string[];
  favourite: boolean;
}

/** Shown at once, and taken back when the server refuses. */
export function useFavourite() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ images, favourite }: Marked) =>
      forParts(images, (part) => doneOf(api.PUT('/api/images/favourites', { body: { images: part, favourite } }))),
    onMutate: async ({ images, favourite }) => {
      // An answer that was asked for before this would show the old star again.
      await client.cancelQueries({ queryKey: HISTORY });
      const asked = new Set(images);
      const before = heldImages(client).filter(({ id }) => asked.has(id));
      showFavourites(client, new Map(images.map((id) => [id, favourite])));
      return new Map(before.map((image) => [image.id, image.favourite]));
    },
    onError: (error, _, before) => {
      if (before) showFavourites(client, before);
      tellProblem(error);
    },
    // Not read anew while one looks at it: what is a favourite no longer stays in sight, to be marked again.
    onSettled: () => client.invalidateQueries({ queryKey: HISTORY, refetchType: 'none' }),
  });
}

// ---- collections ----

export function useCollections() {
  return useQuery({
    queryKey: COLLECTIONS,
    queryFn: async () => (await dataOf(api.GET('/api/studio/collections'))).items,
  });
}

export function useChoices(enabled: boolean) {
  return useQuery({ queryKey: CHOICES, queryFn: () => dataOf(api.GET('/api/studio/choices')), enabled });
}

function useCollectionChange<Asked, Answer>(ask: (asked: Asked) => Promise<Answer>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ask,
    onSuccess: () => client.invalidateQueries({ queryKey: COLLECTIONS }),
  });
}

export const useCreateCollection = () =>
  useCollectionChange(async ({ name, images }: { name: string; images: readonly string[] }) => {
    const [first = [], ...others] = inParts(images, MOST_AT_ONCE);
    const made = await dataOf(api.POST('/api/studio/collections', { body: { name, images: first } }));
    await forParts(others.flat(), (part) => addTo(made.id, part));
    return made;
  });

export const useRenameCollection = () =>
  useCollectionChange(({ id, name }: { id: string; name: string }) =>
    dataOf(api.PATCH('/api/studio/collections/{collection}', { ...ofCollection(id), body: { name } })),
  );

const addTo = (id: string, images: string[]) =>
  dataOf(api.POST('/api/studio/collections/{collection}/images', { ...ofCollection(id), body: { images } }));

/** The views of a collection: what goes into it or out of it changes them. */
const viewsOf = (id: string) => ({
  queryKey: HISTORY,
  predicate: ({ queryKey }: { queryKey: readonly unknown[] }) =>
    new URLSearchParams(String(queryKey[2])).get('collection') === id,
});

export function useAddToCollection() {
  const client = useQueryClient();
  return useCollectionChange(async ({ id, images }: { id: string; images: readonly string[] }) => {
    await forParts(images, (part) => addTo(id, part));
    await client.invalidateQueries(viewsOf(id));
  });
}

export function useRemoveFromCollection() {
  const client = useQueryClient();
  return useCollectionChange(async ({ id, images }: { id: string; images: readonly string[] }) => {
    try {
      await forParts(images, (part) =>
        dataOf(
          api.POST('/api/studio/collections/{collection}/images/remove', {
            ...ofCollection(id),
            body: { images: part },
          }),
        ),
      );
    } catch (error) {
      tellProblem(error);
      throw error;
    } finally {
      await client.invalidateQueries(viewsOf(id));
    }
  });
}

// ---- deletion, with time for a second thought ----

interface Unwanted {
  words: string;
  images?: readonly string[];
  generations?: readonly string[];
  collections?: readonly string[];
}

/** Hides it at once; deletes it when nobody took it back in time, or the page is left. */
export function useDelete() {
  const client = useQueryClient();
  return ({ words, images = [], generations = [], collections = [] }: Unwanted): void => {
    const send = async (keepalive: boolean) => {
      try {
        await Promise.all([
          forParts(images, (part) =>
            doneOf(api.POST('/api/studio/images/delete', { body: { images: part }, keepalive })),
          ),
          ...generations.map((id) =>
            doneOf(api.DELETE('/api/studio/generations/{generation}', { ...ofGeneration(id), keepalive })),
          ),
          ...collections.map((id) =>
            doneOf(api.DELETE('/api/studio/collections/{collection}', { ...ofCollection(id), keepalive })),
          ),
        ]);
        changeHistory(client, (pages) => removeGenerations(removeImages(pages, new Set(images)), new Set(generations)));
        client.setQueryData<Collection[]>(COLLECTIONS, (held) => held?.filter(({ id }) => !collections.includes(id)));
      } catch (error) {
        tellProblem(error);
        void client.invalidateQueries({ queryKey: HISTORY });
      }
      void client.invalidateQueries({ queryKey: COLLECTIONS });
    };
    useNotes.getState().doom({ words, images, generations, collections, send });
  };
}

// ---- download ----

function save(url: string, filename: string): void {
  const link = document.createElement('a');
  link.href = url;
  link.download = filename;
  link.click();
}

/** Of these pictures, or of everything that the filters find. */
export function useDownload() {
  return useMutation({
    mutationFn: (asked: { images: readonly string[] } | { filters: Filters }) =>
      dataOf(
        api.POST('/api/studio/archives', {
          body: 'images' in asked ? { images: [...asked.images] } : asQuery(asked.filters),
        }),
      ),
    onSuccess: ({ url, filename, images, bytes }) => {
      save(url, filename);
      useNotes.getState().tell(`Saving ${count(images, 'picture')} and their recipes, ${megabytes(bytes)}.`);
    },
    onError: tellProblem,
  });
}
