import { useEffect, useState } from 'react';
import { Title } from '@mantine/core';
import { asProblem } from '@/shared/api/problem';
import { useVerify } from '../api';
import { DropZone } from './DropZone';
import { Lesson } from './Lesson';
import { Result } from './Result';
import classes from './VerifyPage.module.css';

/** Give a file, and read whether and how it was made here. */
export function VerifyPage() {
  const verify = useVerify();
  const [picture, setPicture] = useState<{ name: string; url: string } | null>(null);

  useEffect(() => {
    if (picture === null) return;
    return () => URL.revokeObjectURL(picture.url);
  }, [picture]);

  const ask = (file: File) => {
    setPicture({ name: file.name, url: URL.createObjectURL(file) });
    verify.mutate(file);
  };

  return (
    <section className={classes.page}>
      <header className={classes.header}>
        <Title order={1}>Was it made here?</Title>
        <p>Give a picture, and see whether and how this Figment made it. The file is looked at and not kept.</p>
      </header>
      <div className={classes.columns} data-wide={picture !== null || undefined}>
        <DropZone picture={picture} isBusy={verify.isPending} onFile={ask} />
        <div className={classes.answer} role="status">
          {verify.isPending && <p className={classes.looking}>Looking at it…</p>}
          {verify.isSuccess && <Result found={verify.data} />}
        </div>
      </div>
      {verify.isError && (
        <p className={classes.problem} role="alert">
          {asProblem(verify.error).message}
        </p>
      )}
      {verify.isIdle && <Lesson />}
    </section>
  );
}
