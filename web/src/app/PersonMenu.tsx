import { Button, Popover } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { api, doneOf } from '@/shared/api/client';
import { useNotices } from '@/shared/session/useNotices';
import { IconPerson } from '@/shared/ui/icons';
import classes from './PersonMenu.module.css';

interface Shown {
  name: string;
  guest: boolean;
  role: string;
  waiting: boolean;
}

interface Props {
  className: string | undefined;
  iconClassName: string | undefined;
  person: Shown | null;
}

export function PersonMenu({ className, iconClassName, person }: Props) {
  const { data: notices } = useNotices(person !== null);
  const unread = notices?.unread ?? 0;
  return (
    <Popover position="right-end" width={280} trapFocus returnFocus>
      <Popover.Target>
        <button
          type="button"
          className={className}
          aria-label={unread === 0 ? undefined : `You, ${unread === 1 ? '1 notice' : `${unread} notices`}`}
        >
          <span className={iconClassName}>
            <IconPerson />
            {unread > 0 && <span className={classes.dot} />}
          </span>
          You
        </button>
      </Popover.Target>
      <Popover.Dropdown tabIndex={-1} aria-label="You">
        <p className={classes.name}>{person?.name ?? 'Not signed in'}</p>
        {person?.guest !== false && <Coming isWaiting={person?.waiting === true} />}
        {person !== null && <Links person={person} unread={unread} />}
      </Popover.Dropdown>
    </Popover>
  );
}

function Links({ person, unread }: { person: Shown; unread: number }) {
  return (
    <nav className={classes.links} aria-label="Your account">
      <Link to="/account" className={classes.link}>
        {person.guest ? 'Your data' : 'Your account'}
      </Link>
      <Link to="/decisions" className={classes.link}>
        Decisions{unread > 0 && ` (${unread} new)`}
      </Link>
      {person.role !== 'user' && (
        <>
          <Link to="/people" className={classes.link}>
            People
          </Link>
          <Link to="/moderation" className={classes.link}>
            Moderation
          </Link>
        </>
      )}
      {!person.guest && <SignOut />}
    </nav>
  );
}

function Coming({ isWaiting }: { isWaiting: boolean }) {
  if (isWaiting) return <p className={classes.note}>You have signed up, and are a guest until somebody says yes.</p>;
  return (
    <>
      <p className={classes.note}>
        You are here as a guest. What you make is kept for this browser: clear its cookies, and the way back to it is
        gone.
      </p>
      <div className={classes.ways}>
        <Button component={Link} to="/sign-up" size="sm">
          Make an account
        </Button>
        <Button component={Link} to="/sign-in" size="sm" variant="default">
          Sign in
        </Button>
      </div>
    </>
  );
}

function SignOut() {
  const client = useQueryClient();
  const navigate = useNavigate();
  const leave = async () => {
    await doneOf(api.DELETE('/api/session'));
    await navigate({ to: '/sign-in', replace: true });
    await client.resetQueries();
  };
  return (
    <button type="button" className={classes.link} onClick={() => void leave()}>
      Sign out
    </button>
  );
}
