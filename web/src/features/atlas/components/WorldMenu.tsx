import { useState } from 'react';
import { Menu, UnstyledButton } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { IconCheck, IconOlder, IconPlus, IconSliders } from '@/shared/ui/icons';
import { useWorlds } from '../api';
import { counted } from '../rules';
import type { World } from '../types';
import { NewWorldDialog } from './NewWorldDialog';
import { WorldSettings } from './WorldSettings';
import classes from './WorldMenu.module.css';

/** Which world this is, and the way to the others. */
export function WorldMenu({ world }: { world: World }) {
  const [isMaking, setMaking] = useState(false);
  const [isSetting, setSetting] = useState(false);
  const { data: worlds = [world] } = useWorlds();
  const navigate = useNavigate();
  const goTo = (slug: string) => void navigate({ to: '/atlas/$place', params: { place: slug } });
  return (
    <>
      <Menu position="bottom-start" width={330}>
        <Menu.Target>
          <UnstyledButton className={classes.world} aria-label={`World: ${world.name}. Choose another`}>
            <span className={classes.name}>{world.name}</span>
            <span className={classes.arrow}>
              <IconOlder size={16} />
            </span>
          </UnstyledButton>
        </Menu.Target>
        <Menu.Dropdown className={classes.list ?? ''}>
          {worlds.map((each) => (
            <Menu.Item
              key={each.slug}
              aria-current={each.slug === world.slug || undefined}
              leftSection={<Thumbnail address={each.thumbnail} />}
              rightSection={each.slug === world.slug && <IconCheck size={18} />}
              onClick={() => goTo(each.slug)}
            >
              <span className={classes.title}>{each.name}</span>
              <span className={classes.about}>
                {each.author === null ? 'Everybody’s' : `By ${each.author}`} · {counted(each.edits, 'edit')}
              </span>
            </Menu.Item>
          ))}
          <Menu.Divider />
          {(world.may_change || world.may_roll_back) && (
            <Menu.Item leftSection={<IconSliders size={18} />} onClick={() => setSetting(true)}>
              Settings of this world
            </Menu.Item>
          )}
          <Menu.Item leftSection={<IconPlus size={18} />} onClick={() => setMaking(true)}>
            New world
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {isSetting && (
        <WorldSettings
          world={world}
          onDeleted={() => void navigate({ to: '/atlas' })}
          onClose={() => setSetting(false)}
        />
      )}
      {isMaking && <NewWorldDialog onMade={goTo} onClose={() => setMaking(false)} />}
    </>
  );
}

/** All of a world in small; paper where nothing is yet. */
function Thumbnail({ address }: { address: string | null }) {
  return (
    <span className={classes.thumbnail}>
      {address !== null && <img src={address} alt="" loading="lazy" decoding="async" />}
    </span>
  );
}
