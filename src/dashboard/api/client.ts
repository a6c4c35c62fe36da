import type { Problem } from './types.ts';

/** What the server answers that cannot be done, in its words. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly remedy: string;

  constructor(problem: Pick<Problem, 'status' | 'code' | 'detail' | 'remedy'>) {
    super(problem.detail);
    this.status = problem.status;
    this.code = problem.code;
    this.remedy = problem.remedy;
  }
}

/** The public API, as one caller. Every method throws ApiError. */
export interface Client {
  get<Answer>(path: string, signal?: AbortSignal): Promise<Answer>;
  post<Answer>(path: string, body?: unknown): Promise<Answer>;
  /** A response that goes on: server-sent events. */
  open(path: string, signal: AbortSignal, headers?: Readonly<Record<string, string>>): Promise<Response>;
}

const away = (): ApiError =>
  new ApiError({
    status: 0,
    code: 'server_away',
    detail: 'The server does not answer.',
    remedy: 'It is tried again; look whether sipreel runs.',
  });

const stranger = (status: number): ApiError =>
  new ApiError({
    status,
    code: 'answer_unreadable',
    detail: 'What answers is not sipreel.',
    remedy: 'Look at what stands between the browser and the server.',
  });

const problemIn = async (response: Response): Promise<ApiError> => {
  const known = await response.json().catch(() => undefined);
  const { status } = response;
  return new ApiError({ status, code: 'http_error', detail: `HTTP ${status}`, remedy: '', ...(known as object) });
};

export const createClient = (key: string | undefined): Client => {
  const authorization: Readonly<Record<string, string>> = key === undefined ? {} : { authorization: `Bearer ${key}` };

  const send = async (path: string, how: RequestInit): Promise<Response> => {
    const response = await fetch(path, { ...how, headers: { ...authorization, ...how.headers } }).catch((cause) => {
      throw how.signal?.aborted ? cause : away();
    });
    if (!response.ok) throw await problemIn(response);
    return response;
  };

  const jsonOf = async (path: string, how: RequestInit) => {
    const response = await send(path, how);
    return response.json().catch((cause) => {
      throw how.signal?.aborted ? cause : stranger(response.status);
    });
  };

  return {
    get: (path, signal) => jsonOf(path, signal ? { signal } : {}),
    post(path, body) {
      const sent: RequestInit =
        body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
      return jsonOf(path, { ...sent, method: 'POST' });
    },
    open: (path, signal, headers = {}) => send(path, { signal, headers }),
  };
};
