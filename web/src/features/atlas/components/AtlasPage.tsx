import { Button, Title, VisuallyHidden } from '@mantine/core';
import { getRouteApi, Link } from '@tanstack/react-router';
import { asProblem } from '@/shared/api/problem';
import { useSession } from '@/shared/session/useSession';
import { useModel, useWorld } from '../api';
import { parsePlace } from '../rules';
import { useInvitationTaken } from '../worldsApi';
import { Atlas } from './Atlas';
import classes from './AtlasPage.module.css';

const route = getRouteApi('/atlas/$place');

/** The atlas waits for a session: without one the server does not know what is mine. */
export function AtlasPage() {
  const { place } = route.useParams();
  const { isSuccess } = useSession();
  const { world } = parsePlace(place);
  return <div className={classes.page}>{isSuccess && <OpenWorld key={world} world={world} place={place} />}</div>;
}

function OpenWorld({ world: slug, place }: { world: string; place: string }) {
  const world = useWorld(slug);
  const model = useModel(world.data?.model ?? null);
  const refused = useInvitationTaken(slug);
  if (world.isError) return <NoWorld error={world.error} />;
  if (world.data === undefined || model === undefined)
    return (
      <p className={classes.opening} role="status">
        Unfolding the map…
      </p>
    );
  return (
    <>
      <title>{`${world.data.name} · Atlas · Figment`}</title>
      <VisuallyHidden component="h1">{`Atlas: ${world.data.name}`}</VisuallyHidden>
      <Atlas world={world.data} model={model} place={place} />
      {refused !== null && (
        <p className={classes.refused} role="alert">
          {asProblem(refused).message}
        </p>
      )}
    </>
  );
}

function NoWorld({ error }: { error: unknown }) {
  const problem = asProblem(error);
  return (
    <section className={classes.lost}>
      <title>Atlas · Figment</title>
      <Title order={1}>{problem.status === 404 ? 'There is no such world' : 'This world cannot be opened'}</Title>
      <p>{problem.status === 404 ? 'Nobody has made one of this name yet.' : problem.message}</p>
      <Button renderRoot={(props) => <Link to="/atlas" {...props} />}>Go to a world that is there</Button>
    </section>
  );
}
