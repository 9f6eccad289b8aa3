import { QueryObserver } from '@tanstack/react-query';
import { expect, test, vi } from 'vitest';
import { Problem } from './problem';
import { createQueryClient, SESSION_KEY } from './queryClient';

const signedOut = () => new Problem(401, 'not_signed_in', 'Sign in.');

test('a session that was ended elsewhere is begun anew, and what failed is asked again', async () => {
  const client = createQueryClient();
  let signedIn = false;
  const session = vi.fn(() => {
    signedIn = true;
    return Promise.resolve('guest');
  });
  client.setQueryData(SESSION_KEY, 'somebody');
  const stops = [
    new QueryObserver(client, { queryKey: SESSION_KEY, queryFn: session, staleTime: Infinity }),
    new QueryObserver(client, {
      queryKey: ['history'],
      queryFn: () => (signedIn ? Promise.resolve(['a picture']) : Promise.reject(signedOut())),
    }),
  ].map((observer) => observer.subscribe(() => undefined));
  await vi.waitFor(() => expect(client.getQueryData(['history'])).toEqual(['a picture']));
  expect(session).toHaveBeenCalledTimes(1);
  for (const stop of stops) stop();
});

test('a browser that keeps no cookies is not sent round in circles', async () => {
  const client = createQueryClient();
  const session = vi.fn(() => Promise.resolve('guest'));
  const history = vi.fn(() => Promise.reject(signedOut()));
  client.setQueryData(SESSION_KEY, 'somebody');
  const observers = [
    new QueryObserver(client, { queryKey: SESSION_KEY, queryFn: session, staleTime: Infinity }),
    new QueryObserver(client, { queryKey: ['history'], queryFn: history }),
  ];
  const stops = observers.map((observer) => observer.subscribe(() => undefined));
  await vi.waitFor(() => expect(history).toHaveBeenCalledTimes(2));
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(history).toHaveBeenCalledTimes(2);
  expect(session).toHaveBeenCalledTimes(1);
  for (const stop of stops) stop();
});
