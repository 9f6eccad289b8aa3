/** One shape for everything that can go wrong with a request: the server's problem details (RFC 9457), or no answer at all. */
export interface FieldProblem {
  field: string;
  message: string;
}

export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly fields: readonly FieldProblem[] = [],
    readonly retryAfterS: number | null = null,
  ) {
    super(message);
    this.name = 'Problem';
  }

  /** No answer came: the network or the server is away, and asking again can help. */
  get isUnreachable(): boolean {
    return this.status === 0;
  }
}

export const unreachable = () =>
  new Problem(0, 'unreachable', 'Figment cannot be reached. Check the connection and try again.');

const text = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);

function readFields(value: unknown): FieldProblem[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((entry: unknown) => {
    const { field, message } = (entry ?? {}) as Record<string, unknown>;
    return typeof field === 'string' && typeof message === 'string' ? [{ field, message }] : [];
  });
}

function readRetryAfter(body: Record<string, unknown>, header: string | null): number | null {
  const seconds = typeof body.retry_after_s === 'number' ? body.retry_after_s : Number(header ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? Math.ceil(seconds) : null;
}

/** Reads a problem out of an answer of any kind; a proxy's HTML page gives a plain sentence with the status. */
export function readProblem(response: Pick<Response, 'status' | 'headers'>, body: unknown): Problem {
  const details = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
  return new Problem(
    response.status,
    text(details.code) ?? 'unknown',
    text(details.detail) ?? text(details.title) ?? `The server answered with status ${response.status}. Try again.`,
    readFields(details.errors),
    readRetryAfter(details, response.headers.get('retry-after')),
  );
}

export const asProblem = (error: unknown): Problem =>
  error instanceof Problem ? error : new Problem(-1, 'unknown', error instanceof Error ? error.message : String(error));
