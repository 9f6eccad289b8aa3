import createClient from 'openapi-fetch';
import { readProblem, unreachable } from './problem';
import type { paths } from './schema';

export type { paths };

async function reach(request: Request): Promise<Response> {
  try {
    return await fetch(request);
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw unreachable();
  }
}

export const api = createClient<paths>({ fetch: reach });

type Answer<T> = { data?: T; error?: unknown; response: Response };

/** The data of an answer, or a thrown Problem. */
export async function dataOf<T>(pending: Promise<Answer<T>>): Promise<NonNullable<T>> {
  const { data, error, response } = await pending;
  if (!response.ok || data === undefined || data === null) throw readProblem(response, error);
  return data;
}

/** For answers without a body (204). */
export async function doneOf(pending: Promise<Answer<unknown>>): Promise<void> {
  const { error, response } = await pending;
  if (!response.ok) throw readProblem(response, error);
}
