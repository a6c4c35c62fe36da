import { z } from 'zod';
import type { Destination, ParameterLoader } from '../method.ts';
import { anyObject } from '../parameter-types.ts';
import { either, shaped, shapeOf } from '../shape.ts';
import { isDocument, type SwmlDocument } from '../step.ts';

/** Where execute and transfer lead. */
export const destinationParameters = {
  dest: shaped(
    z.union([z.string().trim().min(1), z.custom<SwmlDocument>(isDocument)], {
      error: 'it must be the name of a section, an http(s) URL, or a script',
    }),
    () => either({ type: 'string', minLength: 1 }, shapeOf.document),
  ),
  params: anyObject('parameters').optional(),
  /** For the script's author alone. */
  meta: anyObject('notes').optional(),
};

/** A script that stands in `dest` is loaded with the script around it, so that its variables are looked for later. */
export const loadDestination: ParameterLoader = (node, loader, path) => {
  const isScript = node.kind === 'map' || (node.kind === 'scalar' && /^\s*\{\s*"/.test(String(node.value)));
  return isScript ? loader.document(node, path) : loader.plain(node);
};

export const destinationOf = (given: {
  dest: string | SwmlDocument;
  params?: Readonly<Record<string, unknown>> | undefined;
}): Destination => ({ dest: given.dest, params: given.params ?? {} });
