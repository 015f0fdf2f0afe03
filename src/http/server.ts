/** The HTTP server: plugins, the order of hooks, the error form, and the list of routes. */
import fastifySwagger from '@fastify/swagger';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import fastJson from 'fast-json-stringify';
import Fastify, { type FastifyInstance, LogController } from 'fastify';
import { createGrantUsage } from '../accounts/oauth-grants.ts';
import { AppError } from '../errors.ts';
import { createKeyUsage } from '../projects/keys.ts';
import { auditedDatabase } from './audit.ts';
import { installErrors, refuseBrokenRequest, refuseUnroutable } from './errors.ts';
import { installLiveSocket, takesUpgrade } from './live-socket.ts';
import { refuseNul, refuseNulInUrls } from './no-nul.ts';
import { openApiOptions } from './openapi.ts';
import { installPoliteClose } from './polite-close.ts';
import { createRateLimiter } from './rate-limit.ts';
import { createRateWindows } from './rate-windows.ts';
import { createAddRoute, createKnownPaths } from './route.ts';
import { addAccountRoutes } from './routes/accounts.ts';
import { addBillingRoutes, addBillingWebhook } from './routes/billing.ts';
import { addDeliveryRoutes } from './routes/deliveries.ts';
import { addDestinationFolderRoutes } from './routes/destination-folders.ts';
import { addDestinationKindRoutes } from './routes/destination-kinds.ts';
import { addDestinationTrialRoutes } from './routes/destination-trials.ts';
import { addDestinationRoutes } from './routes/destinations.ts';
import { addDocsRoutes } from './routes/docs.ts';
import { addE2eKeyRoutes } from './routes/e2e-key.ts';
import { addEncryptionRoutes } from './routes/encryption.ts';
import { addHealthRoutes } from './routes/health.ts';
import { addImageRoutes, takeStreams } from './routes/images.ts';
import { addKeyProtectionRoutes } from './routes/key-protections.ts';
import { addKeyRoutes } from './routes/keys.ts';
import { addLiveRoutes } from './routes/live.ts';
import { addMemberRoutes } from './routes/members.ts';
import { addOAuthRoutes, takeForms } from './routes/oauth.ts';
import { addOAuthAppRoutes } from './routes/oauth-apps.ts';
import { addAuthorizeRoutes } from './routes/oauth-authorize.ts';
import { addOAuthDestinationRoutes } from './routes/oauth-destinations.ts';
import { addOverviewRoutes } from './routes/overview.ts';
import { addPageRoutes } from './routes/page.ts';
import { addPageSettingsRoutes } from './routes/page-settings.ts';
import { addPlanRoutes } from './routes/plans.ts';
import { addPollingRoutes } from './routes/polling.ts';
import { addProjectDeliveryRoutes } from './routes/project-deliveries.ts';
import { addProjectLiveRoutes } from './routes/project-live.ts';
import { addProjectRoutes } from './routes/projects.ts';
import { addQrRoutes } from './routes/qr.ts';
import { addReplayRoutes } from './routes/replays.ts';
import { addResumableRoutes } from './routes/resumable.ts';
import { addSessionRoutes } from './routes/sessions.ts';
import { addShareRoutes } from './routes/share.ts';
import { addSignInRoutes } from './routes/sign-in.ts';
import { addStatsRoutes } from './routes/stats.ts';
import { addThumbnailRoutes } from './routes/thumbnails.ts';
import { addUploadRoutes } from './routes/uploads.ts';
import { addWebhookDeliveryRoutes } from './routes/webhook-deliveries.ts';
import { addWebhookSecretRoutes } from './routes/webhook-secret.ts';
import { addWebhookRoutes } from './routes/webhooks.ts';
import { addWhereaboutsRoutes } from './routes/whereabouts.ts';
import type { Services } from './services.ts';
import { createSpelling } from './spelling.ts';

const jsonLimit = 1024 * 1024;

/** Builds the server whole, without listening. */
export async function createServer(given: Services): Promise<FastifyInstance> {
  const services = { ...given, db: auditedDatabase(given.db, given.clock) };
  const { config, logger } = services;
  const app = Fastify({
    // What Fastify says of itself (where it listens) is said by us in one line; requests log as everybody does.
    loggerInstance: logger.child({}, { level: logger.isLevelEnabled('warn') ? 'warn' : logger.level }),
    childLoggerFactory: (_quiet, bindings, options) => logger.child(bindings, options),
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: jsonLimit,
    trustProxy: config.trustProxy,
    requestTimeout: 0,
    forceCloseConnections: 'idle',
    http: { shouldUpgradeCallback: takesUpgrade } as object,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 200 },
    return503OnClosing: false,
    clientErrorHandler: refuseBrokenRequest,
    frameworkErrors: refuseUnroutable as never,
  }) as unknown as FastifyInstance;
  // Node would refuse any other expectation with a bare 417; it is only a wish.
  app.server.on('checkExpectation', (request, response) => app.server.emit('request', request, response));
  const known = createKnownPaths();
  decorate(app, services);
  installParsers(app);
  installValidation(app);
  installErrors(app, known, logger);
  installNosniff(app);
  installRequestLog(app);
  services.metrics?.watch(app);
  installGoodbye(app, services.stopping);
  installPoliteClose(app);
  refuseNulInUrls(app);
  await app.register(fastifySwagger, openApiOptions(config.publicUrl));

  await app.register(async (api) => {
    const add = createAddRoute(api, services, known);
    addSessionRoutes(add, services);
    addQrRoutes(add, services);
    addShareRoutes(add, services);
    addPageSettingsRoutes(add, services);
    addLiveRoutes(add, services);
    addProjectLiveRoutes(add, services);
    addDestinationKindRoutes(add, services);
    addDestinationRoutes(add, services);
    addDestinationTrialRoutes(add, services);
    addOAuthDestinationRoutes(add, services);
    addDestinationFolderRoutes(add, services);
    addDeliveryRoutes(add, services);
    addProjectDeliveryRoutes(add, services);
    addOverviewRoutes(add, services);
    addWebhookRoutes(add, services);
    addWebhookSecretRoutes(add, services);
    addWebhookDeliveryRoutes(add, services);
    addReplayRoutes(add, services);
    addEncryptionRoutes(add, services);
    addE2eKeyRoutes(add, services);
    addUploadRoutes(add, services);
    addThumbnailRoutes(add, services);
    addWhereaboutsRoutes(add, services);
    addPollingRoutes(add, services);
    addKeyRoutes(add, services);
    addKeyProtectionRoutes(add, services);
    addStatsRoutes(add, services);
    addPlanRoutes(add, services);
    addBillingRoutes(add, services);
    addAccountRoutes(add, services);
    addProjectRoutes(add, services);
    addMemberRoutes(add, services);
    addSignInRoutes(api, services, known);
    addOAuthAppRoutes(add, services);
  });
  await app.register(async (uploads) => {
    takeStreams(uploads);
    const add = createAddRoute(uploads, services, known);
    addImageRoutes(add, services);
    addResumableRoutes(add, uploads, services, known);
  });
  await app.register(async (oauth) => {
    takeForms(oauth);
    addOAuthRoutes(createAddRoute(oauth, services, known), oauth, services, known);
    addAuthorizeRoutes(oauth, services, known);
  });
  await addBillingWebhook(app, services, known);
  addHealthRoutes(app, services);
  if (services.config.metrics && services.metrics) {
    const { render, contentType } = services.metrics;
    app.get('/metrics', { schema: { hide: true } }, async (_request, reply) =>
      reply.type(contentType).send(await render()),
    );
  }
  await addPageRoutes(app, services);
  await addDocsRoutes(app);
  installLiveSocket(app, services);
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger());
  return app;
}

function decorate(app: FastifyInstance, services: Services): void {
  const { db, clock } = services;
  app.decorateRequest('caller', undefined);
  app.decorateRequest('signedIn', undefined);
  app.decorateRequest('heldBody', undefined);
  app.decorate('rates', createRateLimiter(createRateWindows(db, clock), clock));
  app.decorate('noteKeyUse', createKeyUsage(db));
  app.decorate('noteGrantUse', createGrantUsage(db));
}

/** JSON may be absent or empty (contract §1.13). */
function installParsers(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    /^application\/(?:[\w.+-]*\+)?json/i,
    { parseAs: 'string' },
    (_request, body, done) => {
      if (body === '') return done(null, undefined);
      let parsed: unknown;
      try {
        parsed = JSON.parse(body as string);
        refuseNul(body as string, parsed);
      } catch (error) {
        if (error instanceof AppError) return done(error, undefined);
        done(
          new AppError(400, 'INVALID_JSON', 'The body of the request is not valid JSON.') as Error,
          undefined,
        );
        return;
      }
      done(null, parsed);
    },
  );
}

const strict = addFormats.default(new Ajv({ useDefaults: true, coerceTypes: false, strict: false }));
const lenient = addFormats.default(new Ajv({ useDefaults: true, coerceTypes: true, strict: false }));
const validatorsOfBodies = onceForEachShape((schema) => strict.compile(schema));
const validatorsOfQueries = onceForEachShape((schema) => lenient.compile(schema));
const serializers = onceForEachShape((schema) => fastJson(schema));

/**
 * Made once for each shape, told by its text: a route has many addresses, many routes have the same shape, and making
 * what checks or writes it is what a start takes longest for.
 */
function onceForEachShape<Made>(make: (schema: object) => Made): (schema: object) => Made {
  const made = new Map<string, Made>();
  return (schema) => {
    const text = JSON.stringify(schema);
    const known = made.get(text) ?? make(schema);
    made.set(text, known);
    return known;
  };
}

/** Bodies are taken at their word: a number in quotes is not a number. Queries are text, so they are converted. */
function installValidation(app: FastifyInstance): void {
  app.setValidatorCompiler(({ schema, httpPart }) =>
    (httpPart === 'body' ? validatorsOfBodies : validatorsOfQueries)(schema as object),
  );
  app.setSerializerCompiler(({ schema }) => serializers(schema as object));
  app.addHook('onRoute', (route) => {
    const body = createSpelling(route.schema?.body);
    const query = createSpelling(route.schema?.querystring);
    if (!route.schema?.body && !route.schema?.querystring) return;
    const before = route.preValidation === undefined ? [] : [route.preValidation].flat();
    route.preValidation = [
      async (request) => {
        if (route.schema?.body) request.body = body(request.body);
        if (route.schema?.querystring) request.query = query(request.query);
      },
      ...before,
    ];
  });
}

/** No browser guesses what an answer is: a photo is never a script. */
function installNosniff(app: FastifyInstance): void {
  app.addHook('onRequest', (_request, reply, done) => {
    reply.header('X-Content-Type-Options', 'nosniff');
    done();
  });
}

/** A connection that were kept for a next request would hold up the stop until its client lets go of it. */
function installGoodbye(app: FastifyInstance, stopping: AbortSignal): void {
  app.addHook('onSend', (_request, reply, payload, done) => {
    if (stopping.aborted) reply.header('Connection', 'close');
    done(null, payload);
  });
}

/** One line a request, without its query (a token may stand there). */
function installRequestLog(app: FastifyInstance): void {
  app.addHook('onResponse', async (request, reply) => {
    request.log.debug(
      {
        method: request.method,
        path: request.url.split('?')[0],
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime),
        project: request.caller?.projectId,
      },
      'request',
    );
  });
}
