import { SipreelError } from '../../errors/error.ts';
import { isScriptError, scriptError } from './script-error.ts';
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
