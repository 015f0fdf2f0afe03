# syntax=docker/dockerfile:1
# What runs: the sources (Node runs TypeScript as it is), the built pages and the libraries. About 170 MB above its base.
FROM node:24-bookworm-slim AS pages
WORKDIR /build
COPY package.json package-lock.json ./
COPY packages/client/package.json packages/client/
RUN npm ci --no-audit --no-fund --ignore-scripts
COPY . .
RUN node scripts/build-web.ts --force

FROM node:24-bookworm-slim AS libraries
WORKDIR /build
COPY package.json package-lock.json ./
COPY packages/client/package.json packages/client/
# The lock file brings a Node of its own for machines with an old one; this image has the right one already.
RUN npm ci --omit=dev --no-audit --no-fund --ignore-scripts \
  && rm -rf node_modules/node-linux-* node_modules/node-darwin-* node_modules/node-win-*

FROM node:24-bookworm-slim
LABEL org.opencontainers.image.title="Apertur" \
      org.opencontainers.image.description="Collects photos from any phone and delivers them where a business needs them." \
      org.opencontainers.image.licenses="Apache-2.0"
ENV NODE_ENV=production \
    APERTUR_DATA_DIR=/data
WORKDIR /app
COPY --from=libraries /build/node_modules node_modules
COPY --from=pages /build/dist dist
COPY package.json LICENSE ./
COPY bin bin
COPY src src
# The colours and the mark, which the server's own pages share.
COPY web/shared web/shared
# Everything that is ever written stands in /data: the root file system may be read-only.
RUN mkdir /data && chown node:node /data
VOLUME /data
USER node
EXPOSE 3000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["node", "bin/apertur.js", "health"]
ENTRYPOINT ["node", "bin/apertur.js"]
CMD ["serve"]
