import { useEffect } from 'react';
import { Link, Navigate, Outlet, useLocation } from '@tanstack/react-router';
import { stream } from '@/shared/realtime/stream';
import { useSession } from '@/shared/session/useSession';
import { IconSealed } from '@/shared/ui/icons';
import { LogoMark } from '@/shared/ui/Logo';
import { ConnectionBanner } from './ConnectionBanner';
import { PersonMenu } from './PersonMenu';
import { places } from './places';
import { SchemeMenu } from './SchemeMenu';
import classes from './Shell.module.css';

/** Pages for those who are not here yet, on a server that lets no guests in. */
const WITHOUT_SESSION = new Set(['/sign-in', '/sign-up', '/forgot', '/reset', '/verify-email', '/welcome']);
const isForEverybody = (path: string) => WITHOUT_SESSION.has(path) || path.startsWith('/shared/');

/** The frame around every place: a rail on the left, or a bar at the bottom of a phone. */
export function Shell() {
  const { data: person } = useSession();
  const { pathname } = useLocation();
  const id = person?.id;

  // One stream a person: who signs in hears what is theirs from then on.
  useEffect(() => {
    if (id === undefined) return;
    stream.open();
    return () => stream.close();
  }, [id]);

  if (person === null && !isForEverybody(pathname)) return <Navigate to="/sign-in" replace />;

  return (
    <div className={classes.shell}>
      <a className={classes.skip} href="#content">
        Skip to content
      </a>
      <header className={classes.rail}>
        <Link to="/studio" className={classes.brand} aria-label="Figment, home">
          <LogoMark />
          <span className={classes.wordmark}>Figment</span>
        </Link>
        <nav className={classes.places} aria-label="Places">
          {places.map(({ to, name, Icon }) => (
            <Link key={to} to={to} className={classes.place}>
              <span className={classes.icon}>
                <Icon size={22} />
              </span>
              {name}
            </Link>
          ))}
        </nav>
        <div className={classes.self}>
          <Link to="/verify" className={classes.place}>
            <span className={classes.icon}>
              <IconSealed />
            </span>
            Verify
          </Link>
          <SchemeMenu className={classes.place} iconClassName={classes.icon} />
          <PersonMenu className={classes.place} iconClassName={classes.icon} person={person ?? null} />
        </div>
      </header>
      <main className={classes.content} id="content" tabIndex={-1}>
        <ConnectionBanner />
        <Outlet />
      </main>
    </div>
  );
}
