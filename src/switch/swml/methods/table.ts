import type { MethodTable } from '../load-steps.ts';
import type { Method } from '../method.ts';
import { answer } from './answer.ts';
import { cond } from './cond.ts';
import { connect } from './connect.ts';
import { execute } from './execute.ts';
import { goto } from './goto.ts';
import { hangup } from './hangup.ts';
import { ifMethod } from './if.ts';
import { label } from './label.ts';
import { pauseRecordCall } from './pause-record-call.ts';
import { play } from './play.ts';
import { prompt } from './prompt.ts';
import { record } from './record.ts';
import { recordCall } from './record-call.ts';
import { request } from './request.ts';
import { resumeRecordCall } from './resume-record-call.ts';
import { returnMethod } from './return.ts';
import { sendDigits } from './send-digits.ts';
import { set } from './set.ts';
import { sipRefer } from './sip-refer.ts';
import { sleep } from './sleep.ts';
import { stopRecordCall } from './stop-record-call.ts';
import { stopTap } from './stop-tap.ts';
import { switchMethod } from './switch.ts';
import { tap } from './tap.ts';
import { transfer } from './transfer.ts';
import { unset } from './unset.ts';
import { userEvent } from './user-event.ts';

const methods: readonly Method[] = [
  answer,
  cond,
  connect,
  execute,
  goto,
  hangup,
  ifMethod,
  label,
  pauseRecordCall,
  play,
  prompt,
  record,
  recordCall,
  request,
  resumeRecordCall,
  returnMethod,
  sendDigits,
  set,
  sipRefer,
  sleep,
  stopRecordCall,
  stopTap,
  switchMethod,
  tap,
  transfer,
  unset,
  userEvent,
];

/** The methods that scripts may use, and those of SWML's reference (AI, conferences, fax, messages, payments) that are refused by name. */
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
    'receive_fax',
    'send_fax',
    'send_sms',
    'stop_denoise',
    'stop_stream',
    'stream',
    'transcribe',
    'transcribe_stop',
  ]),
};
