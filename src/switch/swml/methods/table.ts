import type { MethodTable } from '../load-steps.ts';
import type { Method } from '../method.ts';
import { answer } from './answer.ts';
import { cond } from './cond.ts';
import { connect } from './connect.ts';
import { execute } from './execute.ts';
import { goto } from './goto.ts';
import { hangup } from './hangup.ts';
import { label } from './label.ts';
import { pauseRecordCall } from './pause-record-call.ts';
import { play } from './play.ts';
import { record } from './record.ts';
import { recordCall } from './record-call.ts';
import { request } from './request.ts';
import { resumeRecordCall } from './resume-record-call.ts';
import { returnMethod } from './return.ts';
import { set } from './set.ts';
import { sleep } from './sleep.ts';
import { stopRecordCall } from './stop-record-call.ts';
import { switchMethod } from './switch.ts';
import { transfer } from './transfer.ts';
import { unset } from './unset.ts';

const methods: readonly Method[] = [
  answer,
  cond,
  connect,
  execute,
  goto,
  hangup,
  label,
  pauseRecordCall,
  play,
  record,
  recordCall,
  request,
  resumeRecordCall,
  returnMethod,
  set,
  sleep,
  stopRecordCall,
  switchMethod,
  transfer,
  unset,
];

/** The methods that scripts may use, and those of SWML's reference that are named as not there. */
export const methodTable: MethodTable = {
  known: new Map(methods.map((method) => [method.name, method])),
  absent: new Set([
    'ai',
    'ai_sidecar',
    'amazon_bedrock',
    'denoise',
    'detect_machine',
    'enter_queue',
    'join_conference',
    'join_room',
    'live_transcribe',
    'live_translate',
    'pay',
    'prompt',
    'receive_fax',
    'send_digits',
    'send_fax',
    'send_sms',
    'sip_refer',
    'stop_denoise',
    'stop_stream',
    'stop_tap',
    'stream',
    'tap',
    'transcribe',
    'transcribe_stop',
    'user_event',
  ]),
};
