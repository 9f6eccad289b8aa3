import { NativeSelect, TextInput } from '@mantine/core';
import { useModels } from '../api';
import { SHAPES, STARTS, STATES, type FilterName, type Filters } from '../filters';
import { useChoices } from '../library';
import type { FilterChange } from '../useFilters';
import classes from './FilterPanel.module.css';

interface Props {
  filters: Filters;
  change: FilterChange;
}

type Choice = readonly [value: string, words: string];

/** Every filter that has no button of its own. */
export function FilterPanel({ filters, change }: Props) {
  const { data: cards = [] } = useModels();
  const { data: choices } = useChoices(true);
  const titles = new Map(cards.map(({ name, title }) => [name, title]));
  const models = choices?.models.map((name): Choice => [name, titles.get(name) ?? name]) ?? [];
  const sizes = choices?.sizes.map(({ width, height }): Choice => [`${width}x${height}`, `${width} × ${height}`]) ?? [];
  return (
    <div className={classes.panel} role="group" aria-label="Filters">
      <Pick name="state" label="State" choices={Object.entries(STATES)} filters={filters} change={change} />
      <Pick name="model" label="Model" choices={models} filters={filters} change={change} />
      <Pick name="orientation" label="Shape" choices={Object.entries(SHAPES)} filters={filters} change={change} />
      <Pick name="size" label="Size" choices={sizes} filters={filters} change={change} />
      <Pick name="start" label="Made" choices={Object.entries(STARTS)} filters={filters} change={change} />
      <Day name="since" label="Since" filters={filters} change={change} max={filters.until} />
      <Day name="until" label="Until" filters={filters} change={change} min={filters.since} />
    </div>
  );
}

interface FieldProps extends Props {
  name: FilterName;
  label: string;
}

function Pick({ name, label, choices, filters, change }: FieldProps & { choices: readonly Choice[] }) {
  const chosen = filters[name] ?? '';
  // What a link asks for is shown even where there is no such thing (any more).
  const known = choices.some(([value]) => value === chosen) || chosen === '';
  const data = [['', 'Any'] as const, ...choices, ...(known ? [] : [[chosen, chosen] as const])];
  return (
    <NativeSelect
      label={label}
      value={chosen}
      data={data.map(([value, words]) => ({ value, label: words }))}
      onChange={(event) => change({ [name]: event.currentTarget.value })}
    />
  );
}

function Day({
  name,
  label,
  filters,
  change,
  min,
  max,
}: FieldProps & { min?: string | undefined; max?: string | undefined }) {
  return (
    <TextInput
      type="date"
      label={label}
      value={filters[name] ?? ''}
      {...(min !== undefined && { min })}
      {...(max !== undefined && { max })}
      onChange={(event) => change({ [name]: event.currentTarget.value })}
    />
  );
}
