import { NativeSelect } from '@mantine/core';
import type { WhoPaints } from '../types';

const WHO: readonly { value: WhoPaints; label: string }[] = [
  { value: 'everyone', label: 'Everyone' },
  { value: 'members', label: 'Whom I let in' },
  { value: 'owner', label: 'Only me' },
];

interface Props {
  value: WhoPaints;
  onChange: (who: WhoPaints) => void;
}

export const WhoPaintsSelect = ({ value, onChange }: Props) => (
  <NativeSelect
    label="Who may paint"
    value={value}
    data={[...WHO]}
    onChange={(event) => onChange(event.currentTarget.value as WhoPaints)}
  />
);
