import { useEffect, useState } from 'react';
import { CloseButton, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { getRouteApi } from '@tanstack/react-router';
import { IconSearch } from '@/shared/ui/icons';
import classes from './WallHeader.module.css';

const route = getRouteApi('/studio');
const SEARCH_DELAY_MS = 250;

export function WallHeader({ q }: { q: string }) {
  const navigate = route.useNavigate();
  const [words, setWords] = useState(q);
  const [settled] = useDebouncedValue(words, SEARCH_DELAY_MS);
  const [seen, setSeen] = useState(q);
  if (q !== seen) {
    setSeen(q);
    // Cleared from outside, while nobody is typing.
    if (q === '' && settled === words) setWords('');
  }

  useEffect(() => {
    void navigate({
      search: ({ image }) => ({ ...(image && { image }), ...(settled.trim() && { q: settled.trim() }) }),
      replace: true,
      resetScroll: false,
    });
  }, [settled, navigate]);

  return (
    <div className={classes.header}>
      <h2>What you made</h2>
      <TextInput
        type="search"
        aria-label="Search what you made"
        placeholder="Search your prompts"
        leftSection={<IconSearch size={18} />}
        rightSection={words !== '' && <CloseButton aria-label="Clear the search" onClick={() => setWords('')} />}
        rightSectionWidth={44}
        radius="xl"
        value={words}
        onChange={(event) => setWords(event.currentTarget.value)}
        className={classes.search ?? ''}
      />
    </div>
  );
}
