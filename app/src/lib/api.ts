// The API: same origin, the token in a cookie that this script cannot read, a second word beside it.

export interface Problem {
  code: string;
  title: string;
  detail: string;
  fix: string;
  status: number;
}

export class Refused extends Error {
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(problem.detail);
    this.problem = problem;
  }
}

let csrf: string | null = null;
export const rememberCsrf = (word: string | null): void => {
  csrf = word;
};

const OFFLINE: Problem = {
  code: 'offline', title: 'No connection', detail: '', fix: '', status: 0,
};

export interface Ask {
  method?: string;
  body?: unknown;
  raw?: Blob;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

/** Ask the service; what is refused is thrown as `Refused`. */
export async function ask(path: string, options: Ask = {}): Promise<Response> {
  const headers: Record<string, string> = { ...options.headers };
  if (csrf) headers['X-Cutis-Csrf'] = csrf;
  if (options.body !== undefined) headers['Content-Type'] = 'application/json';
  const body = options.raw ?? (options.body === undefined ? null : JSON.stringify(options.body));
  let answer: Response;
  try {
    answer = await fetch(path, {
      method: options.method ?? 'GET', headers, body, cache: 'no-store',
      ...(options.signal ? { signal: options.signal } : {}),
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new Refused(OFFLINE);
  }
  if (!answer.ok) throw new Refused(await problemOf(answer));
  return answer;
}

async function problemOf(answer: Response): Promise<Problem> {
  try {
    return (await answer.json()) as Problem;
  } catch {
    return { code: 'cutis.error', title: '', detail: '', fix: '', status: answer.status };
  }
}

export async function read<T>(path: string, options: Ask = {}): Promise<T> {
  const answer = await ask(path, options);
  return (answer.status === 204 ? undefined : await answer.json()) as T;
}

export async function blobOf(path: string): Promise<Blob> {
  return (await ask(path)).blob();
}

/** Return the header that carries the SHA-256 of a file (RFC 9530). */
export async function digestHeader(file: Blob): Promise<Record<string, string>> {
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', await file.arrayBuffer()));
  return { 'Repr-Digest': `sha-256=:${btoa(String.fromCharCode(...hash))}:` };
}
