import { useState } from 'react';
import { Modal } from '@mantine/core';
import { useHotkeys, useMediaQuery } from '@mantine/hooks';
import { getRouteApi, useCanGoBack, useRouter } from '@tanstack/react-router';
import { asProblem } from '@/shared/api/problem';
import { useImage } from '../api';
import type { Generation, Image } from '../types';
import { ImageDetails } from './ImageDetails';
import classes from './ImageDialog.module.css';

const route = getRouteApi('/studio');

interface Props {
  id: string;
  generations: readonly Generation[];
  onReuse: () => void;
}

interface Shown {
  image: Image;
  generation: Generation;
}

interface Neighbours {
  held: Shown | null;
  newer: Shown | null;
  older: Shown | null;
}

function neighbours(generations: readonly Generation[], id: string): Neighbours {
  const shown: Shown[] = generations.flatMap((generation) =>
    generation.jobs.flatMap(({ image }) => (image ? [{ image, generation }] : [])),
  );
  const at = shown.findIndex(({ image }) => image.id === id);
  if (at < 0) return { held: null, newer: null, older: null };
  return { held: shown[at] ?? null, newer: shown[at - 1] ?? null, older: shown[at + 1] ?? null };
}

function useShownImage(id: string, generations: readonly Generation[]) {
  const { held, newer, older } = neighbours(generations, id);
  // A picture that was just deleted is shown until the dialog has closed; it is not asked for again.
  const [last, setLast] = useState<Image | null>(null);
  if (held !== null && held.image !== last) setLast(held.image);
  const known = held?.image ?? (last?.id === id ? last : null);
  const asked = useImage(id, known === null);
  const image = known ?? asked.data;
  return { image, generation: held?.generation ?? null, newer, older, error: asked.error };
}

/** One picture at full size with everything about it. Its address can be shared between a person's own tabs; Back closes it. */
export function ImageDialog({ id, generations, onReuse }: Props) {
  const navigate = route.useNavigate();
  const router = useRouter();
  const canGoBack = useCanGoBack();
  const isPhone = useMediaQuery('(max-width: 47.99em)', false, { getInitialValueInEffect: false });
  const { image, generation, newer, older, error } = useShownImage(id, generations);

  const show = (next: string | undefined) =>
    void navigate({
      search: ({ image: shown, ...filters }) => ({ ...filters, ...(next && shown !== undefined && { image: next }) }),
      replace: true,
      resetScroll: false,
    });
  // Opening made an entry in the browser's history: closing takes it back, unless the page began with this picture.
  const close = () => (canGoBack ? router.history.back() : show(undefined));
  const turnTo = (other: Shown | null) => (other === null ? null : () => show(other.image.id));
  const [toNewer, toOlder] = [turnTo(newer), turnTo(older)];
  useHotkeys([
    ['ArrowLeft', () => toNewer?.()],
    ['ArrowRight', () => toOlder?.()],
  ]);

  return (
    <Modal.Root
      opened
      onClose={close}
      size="min(1120px, 100%)"
      radius={isPhone ? 0 : 'lg'}
      fullScreen={isPhone}
      centered
      classNames={{ content: classes.content ?? '', body: classes.body ?? '', close: classes.close ?? '' }}
    >
      <Modal.Overlay />
      <Modal.Content aria-label="Picture">
        <Modal.CloseButton aria-label="Close" size={44} iconSize={20} radius="xl" />
        <Modal.Body>
          {image === undefined ? (
            <p className={classes.note} role="status">
              {error === null ? 'Fetching the picture…' : asProblem(error).message}
            </p>
          ) : (
            <ImageDetails
              key={image.id}
              image={image}
              generation={generation}
              onNewer={toNewer}
              onOlder={toOlder}
              onReuse={() => {
                close();
                setTimeout(onReuse, 300);
              }}
              onDeleted={close}
            />
          )}
        </Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}
