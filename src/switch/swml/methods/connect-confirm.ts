import { z } from 'zod';
import type { ParameterLoader } from '../method.ts';
import { httpUrl, isHttpUrl } from '../parameter-types.ts';
import { either, shaped, shapeOf, writtenSchema } from '../shape.ts';
import type { SourceNode } from '../source-node.ts';
import { isDocument, type SwmlDocument } from '../step.ts';

/** `confirm` of connect: the URL of a script, or its steps. */
export const confirmScript = () =>
  shaped(
    z.custom<string | SwmlDocument>((given) => isDocument(given) || (typeof given === 'string' && isHttpUrl(given)), {
      error: 'it must be an http(s) URL, or a list of steps',
    }),
    () => either(writtenSchema(httpUrl()), shapeOf.steps),
  );

/** Steps are a script of their own, with the section main. */
export const loadConfirm: ParameterLoader = (node, loader, path) => {
  if (node.kind === 'scalar') return loader.plain(node);
  const { at, size, depth } = node;
  const within = (key: string, value: SourceNode): SourceNode => ({
    kind: 'map',
    at,
    size: size + 1,
    depth: depth + 1,
    entries: [{ key, keyAt: at, value }],
  });
  return loader.document(within('sections', within('main', node)), path);
};
