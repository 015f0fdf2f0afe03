/** The API to read and to try, at `/docs`: Swagger UI in our colours, with nothing from elsewhere. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import fastifySwaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';

const web = path.resolve(import.meta.dirname, '../../../web/shared');

/** Scripts, styles, pictures and requests are ours alone. */
const contentSecurityPolicy = {
  'default-src': "'none'",
  'script-src': "'self'",
  'style-src': "'self'",
  'img-src': "'self' data:",
  'connect-src': "'self'",
  'form-action': "'none'",
  'base-uri': "'none'",
  'frame-ancestors': "'none'",
};

const headers = {
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

/** Adds `/docs`, and what it is made of below. */
export async function addDocsRoutes(app: FastifyInstance): Promise<void> {
  await app.register(async (docs) => {
    docs.addHook('onSend', async (_request, reply) => {
      reply.headers(headers);
    });
    await docs.register(fastifySwaggerUi, {
      routePrefix: '/docs',
      staticCSP: contentSecurityPolicy,
      theme: {
        title: 'Apertur API',
        css: [{ filename: 'apertur.css', content: `${read('tokens.css')}\n${read('docs.css')}` }],
        favicon: [
          {
            filename: 'mark.svg',
            rel: 'icon',
            sizes: 'any',
            type: 'image/svg+xml',
            content: read('mark.svg'),
          },
        ],
      },
      uiConfig: {
        layout: 'BaseLayout',
        deepLinking: true,
        docExpansion: 'list',
        defaultModelsExpandDepth: 0,
        defaultModelRendering: 'model',
        displayRequestDuration: true,
        filter: true,
        tryItOutEnabled: false,
        persistAuthorization: false,
        syntaxHighlight: { activate: true, theme: 'nord' },
      },
    });
  });
}

const read = (file: string): string => readFileSync(path.join(web, file), 'utf8');
