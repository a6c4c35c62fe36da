/** The entry of a script thread: what scripts make heavy is done here, and not beside the clock of the prompts. */
import { constants, setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';
import { SipreelError } from '../../../errors/error.ts';
import { createSandbox, type Sandbox } from '../expressions/sandbox.ts';
import { readSource } from '../read-source.ts';
import type { ScriptAnswer, ScriptTask } from './messages.ts';
import { packNode } from './node-text.ts';

// On Linux this is the nice value of this thread alone: where cores are few, prompts and SIP come before scripts.
setPriority(constants.priority.PRIORITY_BELOW_NORMAL);

let sandbox: Promise<Sandbox> | undefined = createSandbox();

const work = async (task: ScriptTask): Promise<ScriptAnswer> => {
  if (task.kind === 'read') return { kind: 'node', node: packNode(readSource(task.text, task.name)) };
  sandbox ??= createSandbox();
  const evaluate = await sandbox;
  try {
    return { kind: 'evaluated', evaluated: evaluate(task.expression, task.scopes) };
  } catch (thrown) {
    // What left the interpreter in an unknown state is not used again.
    sandbox = undefined;
    throw thrown;
  }
};

const failure = (thrown: unknown): ScriptAnswer => {
  if (!(thrown instanceof SipreelError)) {
    return { kind: 'failed', message: thrown instanceof Error ? thrown.message : String(thrown) };
  }
  return { kind: 'refused', code: thrown.code, message: thrown.message, details: thrown.details };
};

parentPort?.on('message', (task: ScriptTask) => {
  void work(task)
    .catch(failure)
    .then((answer) => parentPort?.postMessage(answer));
});
