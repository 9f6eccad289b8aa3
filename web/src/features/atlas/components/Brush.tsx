import { Button, UnstyledButton } from '@mantine/core';
import { IconBrush } from '@/shared/ui/icons';
import { strokeOver } from '../mask';
import { useAtlas } from '../store';
import classes from './Composer.module.css';

const WIDTHS = [
  { name: 'Narrow brush', px: 18, dot: 8 },
  { name: 'Medium brush', px: 42, dot: 14 },
  { name: 'Broad brush', px: 84, dot: 22 },
] as const;
const USUAL = WIDTHS[1].px;

export function BrushTool() {
  const isOn = useAtlas(({ brushPx }) => brushPx !== null);
  return (
    <Button
      variant="subtle"
      color="gray"
      className={classes.tool}
      aria-label="Brush"
      aria-pressed={isOn}
      onClick={() => useAtlas.setState(isOn ? { brushPx: null, strokes: [] } : { brushPx: USUAL })}
    >
      <IconBrush />
    </Button>
  );
}

/** What the brush does, how broad it is, and the ways to mark all or nothing. */
export function BrushBar() {
  const { brushPx, strokes, frame } = useAtlas();
  if (brushPx === null) return null;
  return (
    <div className={classes.brush} role="group" aria-label="Brush">
      <p>Mark in the frame what is to be made anew, or erased.</p>
      <span className={classes.widths}>
        {WIDTHS.map(({ name, px, dot }) => (
          <UnstyledButton
            key={px}
            className={classes.width}
            aria-label={name}
            aria-pressed={px === brushPx}
            style={{ '--dot': `${dot}px` }}
            onClick={() => useAtlas.setState({ brushPx: px })}
          />
        ))}
      </span>
      <Button
        variant="subtle"
        color="gray"
        onClick={() => frame !== null && useAtlas.setState({ strokes: [strokeOver(frame)] })}
      >
        All
      </Button>
      <Button
        variant="subtle"
        color="gray"
        disabled={strokes.length === 0}
        onClick={() => useAtlas.setState({ strokes: [] })}
      >
        Clear
      </Button>
    </div>
  );
}
