import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { SipreelError } from '../../../errors/error.ts';
import { parseDialAddress } from '../../sip/dial-address.ts';
import { defineMethod, onward } from '../method.ts';
import { httpUrl, text, userName } from '../parameter-types.ts';

const form = 'a URI such as sip:1000@192.0.2.1';

/** Nothing in it can become a header. */
const uri = () =>
  text(form).superRefine((value, check) => {
    try {
      if (parseDialAddress(value).kind === 'uri') return;
    } catch (thrown) {
      if (!(thrown instanceof SipreelError)) throw thrown;
    }
    check.addIssue({ code: 'custom', message: `it must be ${form}` });
  });

const password = () => text('a password').optional();

/** What a status means; the words of calling.call.refer events. */
const stateOf = (notifyCode: number): 'success' | 'busy' | 'noAnswer' | 'cancel' | 'error' => {
  if (notifyCode >= 200 && notifyCode < 300) return 'success';
  if (notifyCode === 486 || notifyCode === 600) return 'busy';
  if (notifyCode === 408 || notifyCode === 480) return 'noAnswer';
  return notifyCode === 487 ? 'cancel' : 'error';
};

const code = (status: number): string => (status === 0 ? '' : String(status));

/**
 * `sip_refer`: asks the party's far end by REFER to call somebody else, and waits for what becomes of it. Sets
 * sip_refer_result (success, failed), return_value, sip_refer_to, sip_refer_response_code and sip_refer_to_response_code,
 * the last two empty where there was none. The call goes on either way: the script hangs up.
 */
export const sipRefer = defineMethod({
  name: 'sip_refer',
  parameters: z.strictObject({
    to_uri: uri(),
    status_url: httpUrl().optional(),
    username: userName().optional(),
    password: password(),
    // Their older names.
    sip_auth_username: userName().optional(),
    sip_auth_password: password(),
  }),
  short: { scalar: 'to_uri' },
  stoppedBy: 'call_end',
  async run(given, { call, log, set }) {
    const { to_uri: to, status_url } = given;
    const id = randomUUID();
    let told: string | undefined;
    const tell = (state: string, referCode: number, notifyCode: number): void => {
      if (status_url === undefined) return;
      const details = {
        sip_refer_to: to,
        sip_refer_response_code: code(referCode),
        sip_notify_response_code: code(notifyCode),
      };
      call.tell(status_url, { type: 'refer', id, state, details, ...(told === undefined ? {} : { after: told }) });
      told = state;
    };
    const username = given.username ?? given.sip_auth_username;
    const secret = given.password ?? given.sip_auth_password ?? '';
    const { responseCode, notifyCode, reason } = await call.refer({
      to,
      ...(username === undefined ? {} : { auth: { username, password: secret } }),
      onAccepted: () => tell('inProgress', 202, 0),
    });
    const state = stateOf(notifyCode);
    const result = state === 'success' ? 'success' : 'failed';
    log.info({ result, reason, refer_code: responseCode, notify_code: notifyCode }, 'sip_refer');
    tell(state, responseCode, notifyCode);
    set({
      sip_refer_to: to,
      sip_refer_result: result,
      return_value: result,
      sip_refer_response_code: code(responseCode),
      sip_refer_to_response_code: code(notifyCode),
    });
    return onward;
  },
});
