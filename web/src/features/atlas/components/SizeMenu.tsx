import { Button, Menu } from '@mantine/core';
import { IconFrame } from '@/shared/ui/icons';
import { frameAround, middleOf, snapSide } from '../frame';
import { useAtlas } from '../store';
import type { ModelCard } from '../types';
import { bringFrame } from './useFrameSeen';
import classes from './Composer.module.css';

/** The shapes that the model can paint, as large as their names say. */
function sizesOf({ native_size, size }: ModelCard): { name: string; width: number; height: number }[] {
  const sides = [native_size / 2, native_size, native_size * 2, native_size * 4, size.max];
  const [small, native, large, huge, largest] = sides.map((side) => snapSide(side, size));
  const all = [
    { name: 'Small', width: small, height: small },
    { name: 'Square', width: native, height: native },
    { name: 'Wide', width: large, height: native },
    { name: 'Tall', width: native, height: large },
    { name: 'Large', width: large, height: large },
    { name: 'Panorama', width: huge, height: large },
    { name: 'Huge', width: huge, height: huge },
    { name: 'Largest', width: largest, height: largest },
  ].map(({ name, width = native_size, height = native_size }) => ({ name, width, height }));
  const isFirst = (at: number) =>
    all.findIndex(({ width, height }) => width === all[at]?.width && height === all[at].height) === at;
  return all.filter((_, at) => isFirst(at));
}

export function SizeMenu({ model }: { model: ModelCard }) {
  const frame = useAtlas((state) => state.frame);
  if (frame === null) return null;
  const pick = (width: number, height: number) =>
    useAtlas.setState({ frame: frameAround(middleOf(frame), width, height, model.size) });
  return (
    <Menu position="top-start" width={230}>
      <Menu.Target>
        <Button
          variant="subtle"
          color="gray"
          className={classes.tool}
          aria-label={`Size of the frame: ${frame.width} by ${frame.height}`}
        >
          <IconFrame />
          <span className={classes.toolName}>
            {frame.width} × {frame.height}
          </span>
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {sizesOf(model).map(({ name, width, height }) => (
          <Menu.Item
            key={name}
            rightSection={<span className={classes.number}>{`${width} × ${height}`}</span>}
            onClick={() => pick(width, height)}
          >
            {name}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item leftSection={<IconFrame size={18} />} onClick={() => bringFrame(model.size)}>
          Bring the frame here
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
