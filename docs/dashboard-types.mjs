// The types of the API for the dashboard, made of the OpenAPI document: the only thing that it has of the server.

/** TypeScript of one JSON schema. */
const typeOf = (schema, indent = '') => {
  if (schema.$ref) return schema.$ref.split('/').at(-1);
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => `'${value}'`).join(' | ');
  if (schema.anyOf || schema.oneOf)
    return (schema.anyOf ?? schema.oneOf).map((each) => typeOf(each, indent)).join(' | ');
  switch (schema.type) {
    case 'string':
      return 'string';
    case 'number':
    case 'integer':
      return 'number';
    case 'boolean':
      return 'boolean';
    case 'null':
      return 'null';
    case 'array': {
      const item = typeOf(schema.items ?? {}, indent);
      return `readonly ${/[|\s]/.test(item) && !item.startsWith('{') ? `(${item})` : item}[]`;
    }
    default:
      return schema.properties ? objectOf(schema, indent) : 'Readonly<Record<string, unknown>>';
  }
};

const objectOf = ({ properties, required = [] }, indent) => {
  const deeper = `${indent}  `;
  const lines = Object.entries(properties).flatMap(([name, schema]) => {
    const note = schema.description ? [`${deeper}/** ${schema.description} */`] : [];
    return [...note, `${deeper}readonly ${name}${required.includes(name) ? '' : '?'}: ${typeOf(schema, deeper)};`];
  });
  return `{\n${lines.join('\n')}\n${indent}}`;
};

/** src/dashboard/api/types.ts: what the dashboard asks for and gets. */
export const dashboardTypes = (openApi) => {
  const named = Object.entries(JSON.parse(openApi).components.schemas).filter(([, { properties }]) => properties);
  const types = named.map(([name, schema]) => `export interface ${name} ${objectOf(schema, '')}`);
  return `// Made of docs/openapi.json by \`npm run docs\`.\n\n${types.join('\n\n')}\n`;
};
