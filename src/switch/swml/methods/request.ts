import { z } from 'zod';
import { defineMethod, onward } from '../method.ts';
import { anyObject, choiceInAnyCase, flag, httpUrl, number } from '../parameter-types.ts';
import { isPlainObject } from '../path.ts';
import { withoutCredentials } from '../script-http.ts';
import { anyCase, shaped } from '../shape.ts';
import { textOf } from '../template.ts';

/** The most bytes of an answer that become a variable. */
const maxBodyBytes = 65_536;
const maxHeaders = 64;
const timeout = () => number({ min: 0, max: 3_600, unit: 'seconds', hint: '0 = no limit' }).default(0);

const namesOfHeaders = ['accept', 'authorization', 'content-type', 'range', 'x-'];
const allowedName = new RegExp(`^(${namesOfHeaders.map(anyCase).join('|')}[\\w-]+)$`);

const headers = shaped(
  anyObject('headers').superRefine((given, check) => {
    for (const [name, value] of Object.entries(given)) {
      if (!allowedName.test(name)) {
        const message = 'it may be Accept, Authorization, Content-Type, Range or begin with X-';
        check.addIssue({ code: 'custom', path: [name], message });
      } else if (typeof value === 'object' || /[^\t\x20-\x7e\x80-\xff]/.test(String(value))) {
        check.addIssue({ code: 'custom', path: [name], message: 'it must be text on one line' });
      }
    }
  }),
  (own) => ({
    ...own,
    type: 'object',
    propertyNames: { pattern: allowedName.source },
    additionalProperties: { type: ['string', 'number', 'boolean'], pattern: '^[\\t\\x20-\\x7e\\x80-\\xff]*$' },
  }),
);

/**
 * `request`: an HTTP request. Sets request_url, request_result, return_value, request_response_code, request_response_body,
 * request_response_headers and, with save_variables and JSON, request_response. To get no answer, or one that is not
 * 2xx, is the result failed, and the script goes on.
 */
export const request = defineMethod({
  name: 'request',
  parameters: z.strictObject({
    url: httpUrl(),
    method: choiceInAnyCase(['GET', 'POST', 'PUT', 'DELETE']),
    headers: headers.optional(),
    body: z.unknown().optional(),
    timeout: timeout(),
    connect_timeout: timeout(),
    save_variables: flag().default(false),
  }),
  stoppedBy: 'call_end',
  async run(given, { call, http, log, set, unset, fail }) {
    if (!http) throw fail('relay_script_method_execute_failed', [], 'requests to servers are not allowed here');
    const url = withoutCredentials(given.url);
    const body = given.body === undefined || given.body === null ? undefined : textOf(given.body);
    const answer = await http({
      url: given.url,
      method: given.method,
      headers: { ...contentType(body), ...lowerCase(given.headers ?? {}) },
      ...(body === undefined ? {} : { body }),
      maxBytes: maxBodyBytes,
      timeoutMs: given.timeout * 1_000,
      connectTimeoutMs: given.connect_timeout * 1_000,
      signal: call.signal,
    }).catch((cause: unknown) => {
      if (call.signal.aborted) throw cause;
      log.warn({ err: cause, url, method: given.method }, 'request: no answer; the script goes on');
      return undefined;
    });
    // What an earlier request left must not be taken for an answer to this one.
    for (const name of ['code', 'headers', 'body'].map((part) => `request_response_${part}`)) unset(name);
    unset('request_response');
    const result = answer && answer.status >= 200 && answer.status < 300 ? 'success' : 'failed';
    set({ request_url: url, request_result: result, return_value: result });
    if (answer) {
      set({
        request_response_code: answer.status,
        request_response_headers: Object.fromEntries(Object.entries(answer.headers).slice(0, maxHeaders)),
        request_response_body: answer.body,
      });
      const parsed = given.save_variables && !answer.truncated ? parseJson(answer.body) : undefined;
      if (parsed !== undefined) set({ request_response: parsed });
    }
    return onward;
  },
});

const lowerCase = (given: Readonly<Record<string, unknown>>): Record<string, string> =>
  Object.fromEntries(Object.entries(given).map(([name, value]) => [name.toLowerCase(), String(value).trim()]));

/** The most likely type, by the first character. */
const contentType = (body: string | undefined): Record<string, string> => {
  const first = body?.trimStart()[0];
  if (first === undefined) return {};
  if (first === '{' || first === '[') return { 'content-type': 'application/json' };
  return { 'content-type': first === '<' ? 'application/xml' : 'text/plain; charset=utf-8' };
};

/** An object or a list; anything else has no variables to save. */
const parseJson = (text: string): unknown => {
  try {
    const value: unknown = JSON.parse(text);
    return isPlainObject(value) || Array.isArray(value) ? value : undefined;
  } catch {
    // Not JSON: request_response_body has it as text.
    return undefined;
  }
};
