import { Button, Menu } from '@mantine/core';
import { IconCheck, IconStack } from '@/shared/ui/icons';
import { counted } from '../rules';
import { useAtlas } from '../store';
import classes from './Composer.module.css';

const COUNTS = [1, 2, 3, 4];

const words = (count: number) => (count === 1 ? 'Paint at once' : `Choose from ${counted(count, 'picture')}`);

/** How many pictures are made before one is painted. */
export function CandidatesMenu() {
  const candidates = useAtlas((state) => state.candidates);
  return (
    <Menu position="top-start" width={230}>
      <Menu.Target>
        <Button
          variant="subtle"
          color="gray"
          className={classes.tool}
          aria-label={`Candidates: ${words(candidates)}`}
          data-many={candidates > 1 || undefined}
        >
          <IconStack />
          {candidates > 1 && <span className={classes.toolCount}>{candidates}</span>}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {COUNTS.map((count) => (
          <Menu.Item
            key={count}
            rightSection={count === candidates && <IconCheck size={18} />}
            onClick={() => useAtlas.setState({ candidates: count })}
          >
            {words(count)}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
