import type { SipreelError } from '../../../errors/error.ts';
import type { SyntaxCheck } from '../expressions/syntax.ts';
import { parsePath } from '../path.ts';
import { placeOf, type Step } from '../step.ts';
import { expressionFailed, notClosed } from '../step-failure.ts';
import { bareExpression, parseTemplate } from '../template.ts';
import { textsIn } from './texts.ts';

/** What is wrong with the form of the variables and the JavaScript in the parameters of a step. */
export const checkExpressions = async (step: Step, check: SyntaxCheck): Promise<readonly SipreelError[]> => {
  const errors: SipreelError[] = [];
  for (const { at, text } of textsIn(step.parameters)) {
    const place = placeOf(step, at);
    const parts = typeof text === 'string' ? parseTemplate(text) : [{ expression: bareExpression(text.text) }];
    if (!parts) errors.push(notClosed(String(text), place));
    for (const part of parts ?? []) {
      if (!('expression' in part) || part.expression === '' || parsePath(part.expression)) continue;
      const reason = await check(part.expression);
      if (reason !== undefined) errors.push(expressionFailed(part.expression, reason, place));
    }
  }
  return errors;
};
