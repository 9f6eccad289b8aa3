import { Button, Title } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import classes from './Notice.module.css';

export function NotFound() {
  return (
    <section className={classes.page}>
      <Title order={1}>This page does not exist</Title>
      <p>Which is no flaw in a picture, but it is in an address.</p>
      <Button renderRoot={(props) => <Link to="/studio" {...props} />}>Go to the Studio</Button>
    </section>
  );
}
