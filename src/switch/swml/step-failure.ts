import { SipreelError } from '../../errors/error.ts';
import { isScriptError, type ScriptPlace, scriptError, shown } from './script-error.ts';
import type { Step } from './step.ts';

/** An error that says where in the script it happened: one of the script's own, a step's failure, or a fault of ours. */
export const asScriptError = (thrown: unknown, step: Step | undefined): SipreelError => {
  if (isScriptError(thrown) || !step) {
    if (thrown instanceof SipreelError) return thrown;
    return new SipreelError('relay_script_internal_error', String(thrown), { cause: thrown });
  }
  const { name } = step.method;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const ours = !(thrown instanceof SipreelError) || thrown.code === 'internal_error';
  return scriptError(
    ours ? 'relay_script_internal_error' : 'relay_script_method_execute_failed',
    step.place,
    `${name} failed: ${message}`,
    { cause: thrown, details: { method: name } },
  );
};

/** The error for an expression that has no value. */
export const expressionFailed = (expression: string, reason: string, at: ScriptPlace, cause?: unknown): SipreelError =>
  scriptError('relay_script_js_eval_error', at, `the expression ${shown(expression)} failed: ${reason}`, { cause });

/** The error for a variable that does not end. */
export const notClosed = (text: string, at: ScriptPlace): SipreelError =>
  scriptError('relay_script_js_eval_error', at, `\${ without its } in ${shown(text)}`);
