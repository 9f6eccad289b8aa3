import { Button, Title } from '@mantine/core';
import type { ErrorComponentProps } from '@tanstack/react-router';
import { asProblem } from '@/shared/api/problem';
import classes from './Notice.module.css';

/** The last resort, when a page could not be drawn at all. What was made is on the server, and safe. */
export function Crash({ error }: ErrorComponentProps) {
  return (
    <section className={classes.page}>
      <Title order={1}>This page broke</Title>
      <p>
        Your pictures are safe. Load the page again; should it happen twice, tell whoever runs this Figment what it says
        here:
      </p>
      <code>{asProblem(error).message}</code>
      <Button onClick={() => location.reload()}>Load again</Button>
    </section>
  );
}
