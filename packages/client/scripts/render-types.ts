/** The types of an OpenAPI document. Stands here, because the generator needs an older compiler than the project has. */
import generate, { astToString } from 'openapi-typescript';
import ts from 'typescript';

const head = `/**
 * The Apertur API as types, made from its OpenAPI document by \`npm run client:types\`. Do not edit: change the route.
 */

`;

/** TypeScript source with the type of every path, operation and shape. */
export async function renderTypes(document: unknown): Promise<string> {
  const bytes = ts.factory.createTypeReferenceNode('Blob');
  const ast = await generate(JSON.stringify(document), {
    alphabetize: true,
    rootTypes: true,
    rootTypesNoSchemaPrefix: true,
    transform: (schema) => (schema.format === 'binary' ? bytes : undefined),
  });
  return head + astToString(ast);
}
