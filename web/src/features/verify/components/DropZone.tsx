import { useEffect, useState, type DragEvent } from 'react';
import { IconUpload } from '@/shared/ui/icons';
import { pictureIn } from '../rules';
import classes from './DropZone.module.css';

interface Props {
  picture: { name: string; url: string } | null;
  isBusy: boolean;
  onFile: (file: File) => void;
}

/** A file input that a file can also be dropped on; one can be pasted anywhere on the page. */
export function DropZone({ picture, isBusy, onFile }: Props) {
  const [isOver, setOver] = useState(false);

  useEffect(() => {
    const paste = (event: ClipboardEvent) => {
      const file = pictureIn(event.clipboardData?.files ?? null);
      if (file) onFile(file);
    };
    document.addEventListener('paste', paste);
    return () => document.removeEventListener('paste', paste);
  }, [onFile]);

  const hover = (event: DragEvent, over: boolean) => {
    event.preventDefault();
    setOver(over);
  };
  const drop = (event: DragEvent) => {
    hover(event, false);
    const [file] = event.dataTransfer.files;
    if (file) onFile(file);
  };

  return (
    <label
      className={classes.zone}
      data-over={isOver || undefined}
      data-filled={picture !== null || undefined}
      aria-busy={isBusy}
      onDragOver={(event) => hover(event, true)}
      onDragLeave={(event) => hover(event, false)}
      onDrop={drop}
    >
      <input
        type="file"
        accept="image/png,image/jpeg,image/webp,image/avif,image/gif"
        className={classes.input}
        aria-label={picture ? 'Choose another picture' : 'Choose a picture'}
        onChange={({ currentTarget }) => {
          const file = currentTarget.files?.[0];
          // The same file may be chosen again.
          currentTarget.value = '';
          if (file) onFile(file);
        }}
      />
      {picture ? (
        <>
          <img src={picture.url} alt={`What you chose: ${picture.name}`} className={classes.picture} />
          <span className={classes.another}>Choose another</span>
        </>
      ) : (
        <>
          <span className={classes.icon}>
            <IconUpload size={30} />
          </span>
          <span className={classes.words}>Choose a picture, drop it here, or paste it</span>
          <span className={classes.note}>PNG, JPEG, WebP, AVIF or GIF</span>
        </>
      )}
    </label>
  );
}
