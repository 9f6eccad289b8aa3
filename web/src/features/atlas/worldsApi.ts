import { useEffect, useState } from 'react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, dataOf, doneOf } from '@/shared/api/client';
import { worldKey, WORLDS } from './api';
import type { World, WorldChange } from './types';

/** What the owner of a world does to it, and those who keep the peace there. */

const membersKey = (world: string) => ['atlas', 'members', world] as const;
const rollbacksKey = (world: string) => ['atlas', 'rollbacks', world] as const;
const of = (world: string) => ({ path: { world } });

function useWorldHeld() {
  const client = useQueryClient();
  return (world: World) => {
    client.setQueryData(worldKey(world.slug), world);
    return client.invalidateQueries({ queryKey: WORLDS });
  };
}

export function useChangeWorld(world: string) {
  const hold = useWorldHeld();
  return useMutation({
    mutationFn: (body: WorldChange) => dataOf(api.PATCH('/api/atlas/worlds/{world}', { params: of(world), body })),
    onSuccess: hold,
  });
}

export function useDeleteWorld(world: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (name: string) =>
      doneOf(api.DELETE('/api/atlas/worlds/{world}', { params: { ...of(world), query: { name } } })),
    onSuccess: () => client.invalidateQueries({ queryKey: WORLDS }),
  });
}

export function useMembers(world: string) {
  return useQuery({
    queryKey: membersKey(world),
    queryFn: async () => (await dataOf(api.GET('/api/atlas/worlds/{world}/members', { params: of(world) }))).items,
    staleTime: 0,
  });
}

export function useAddMember(world: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (username: string) =>
      dataOf(api.POST('/api/atlas/worlds/{world}/members', { params: of(world), body: { username } })),
    onSuccess: ({ items }) => client.setQueryData(membersKey(world), items),
  });
}

export function useDropMember(world: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (person: string) =>
      doneOf(api.DELETE('/api/atlas/worlds/{world}/members/{person}', { params: { path: { world, person } } })),
    onSettled: () => client.invalidateQueries({ queryKey: membersKey(world) }),
  });
}

const INVITED = '#invite=';

/** The link in whose last part, which no server is sent, the token stands. */
export const invitationLink = (world: string, token: string): string =>
  `${window.location.origin}/atlas/${world}${INVITED}${token}`;

export function useInvite(world: string) {
  return useMutation({
    mutationFn: () => dataOf(api.POST('/api/atlas/worlds/{world}/invitation', { params: of(world) })),
  });
}

/** Whoever came by an invitation becomes a member, once. Gives what was wrong with it. */
export function useInvitationTaken(world: string): Error | null {
  const [token] = useState(() => {
    const { hash } = window.location;
    return hash.startsWith(INVITED) ? hash.slice(INVITED.length) : null;
  });
  const hold = useWorldHeld();
  const { mutate, error } = useMutation({
    mutationFn: (asked: string) =>
      dataOf(api.POST('/api/atlas/worlds/{world}/join', { params: of(world), body: { token: asked } })),
    onSuccess: hold,
  });
  useEffect(() => {
    if (token !== null) mutate(token);
  }, [token, mutate]);
  return error;
}

const LOOK_MS = 1_000;

/** What was taken back at once, newest first; looked at again while one is on its way. */
export function useRollbacks(world: string) {
  return useQuery({
    queryKey: rollbacksKey(world),
    queryFn: async () => (await dataOf(api.GET('/api/atlas/worlds/{world}/rollbacks', { params: of(world) }))).items,
    staleTime: 0,
    refetchInterval: ({ state }) =>
      state.data?.some(({ state: now }) => now === 'running' || now === 'undoing') === true ? LOOK_MS : false,
  });
}

export function useRollBack(world: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (edit: string) =>
      dataOf(api.POST('/api/atlas/worlds/{world}/rollbacks', { params: of(world), body: { edit } })),
    onSuccess: () => client.invalidateQueries({ queryKey: rollbacksKey(world) }),
  });
}

export function useUndoRollback(world: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (rollback: string) =>
      dataOf(
        api.POST('/api/atlas/worlds/{world}/rollbacks/{rollback}/undo', { params: { path: { world, rollback } } }),
      ),
    onSuccess: () => client.invalidateQueries({ queryKey: rollbacksKey(world) }),
  });
}
