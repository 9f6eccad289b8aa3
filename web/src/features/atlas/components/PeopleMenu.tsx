import { useState } from 'react';
import { Button, Popover, UnstyledButton } from '@mantine/core';
import { useSession } from '@/shared/session/useSession';
import { useAtlas } from '../store';
import type { WorldMap } from '../map/WorldMap';
import { colourOf, hereWords, initialsOf, isSomewhere, personsOf, viewLike, type Onlooker } from '../people/crowd';
import { usePeople } from '../people/store';
import classes from './People.module.css';

const MOST_FACES = 3;

/** Who else is here, and the way to them. */
export function PeopleMenu({ map }: { map: WorldMap | undefined }) {
  const [isOpen, setOpen] = useState(false);
  const { crowd, people, watchers, following } = usePeople();
  const { data: me } = useSession();
  const persons = personsOf(crowd);
  if (people + watchers < 2) return null;
  const words = hereWords(people, watchers);
  // Of a crowd only the nearest are told by name.
  const rest = people - 1 - persons.length;
  return (
    <Popover opened={isOpen} onChange={setOpen} position="bottom-end" width={310} trapFocus>
      <Popover.Target>
        <UnstyledButton className={classes.here} aria-label={words} onClick={() => setOpen(!isOpen)}>
          {persons.slice(0, MOST_FACES).map((person) => (
            <Face key={person.who} person={person} />
          ))}
          <span className={classes.count}>{people + watchers}</span>
        </UnstyledButton>
      </Popover.Target>
      <Popover.Dropdown className={classes.menu ?? ''}>
        <h2 className={classes.title}>{words}</h2>
        <ul className={classes.list}>
          {me != null && (
            <li className={classes.person}>
              <span className={classes.who}>{me.name}</span>
              <span className={classes.note}>You</span>
            </li>
          )}
          {persons.map((person) => (
            <Person
              key={person.who}
              person={person}
              map={map}
              isFollowed={person.who === following}
              onDone={() => setOpen(false)}
            />
          ))}
        </ul>
        {rest > 0 && <p className={classes.note}>And {rest} more, farther away.</p>}
      </Popover.Dropdown>
    </Popover>
  );
}

function Face({ person }: { person: Onlooker }) {
  return (
    <span className={classes.face} style={{ background: colourOf(person) }} aria-hidden="true">
      {initialsOf(person.name)}
    </span>
  );
}

interface PersonProps {
  person: Onlooker;
  map: WorldMap | undefined;
  isFollowed: boolean;
  onDone: () => void;
}

function Person({ person, map, isFollowed, onDone }: PersonProps) {
  const isThere = isSomewhere(person);
  const goTo = () => {
    const { camera } = useAtlas.getState();
    if (camera !== null) map?.flyTo(viewLike(person, camera));
    onDone();
  };
  const follow = () => {
    usePeople.setState({ following: isFollowed ? null : person.who });
    onDone();
  };
  return (
    <li className={classes.person}>
      <Face person={person} />
      <span className={classes.who}>{person.name}</span>
      <Button variant="subtle" size="compact-md" disabled={!isThere} onClick={goTo} aria-label={`Go to ${person.name}`}>
        Go to
      </Button>
      <Button
        variant="subtle"
        size="compact-md"
        disabled={!isThere}
        aria-pressed={isFollowed}
        aria-label={`Follow ${person.name}`}
        className={classes.follow ?? ''}
        onClick={follow}
      >
        {isFollowed ? 'Stop' : 'Follow'}
      </Button>
    </li>
  );
}

/** Says that my view is somebody else's just now, and gives it back. */
export function Following() {
  const person = usePeople(({ crowd, following }) => [...crowd.values()].find(({ who }) => who === following));
  if (person === undefined) return null;
  return (
    <div className={classes.following} style={{ borderColor: colourOf(person) }}>
      <span>Following {person.name}</span>
      <Button variant="subtle" size="compact-md" onClick={() => usePeople.setState({ following: null })}>
        Stop
      </Button>
    </div>
  );
}
