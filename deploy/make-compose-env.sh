#!/bin/sh
# Writes deploy/compose.env with fresh secrets, once: a file that is there is never changed.
set -eu
umask 077
file=${1:-$(dirname "$0")/compose.env}
if [ -e "$file" ]; then
  echo "$file is there already; nothing was changed." >&2
  exit 1
fi
secret() { od -An -v -N"$1" -tx1 /dev/urandom | tr -d ' \n'; }
cat > "$file" <<END
# Where phones and back-ends reach Apertur. Phones refuse the camera without https.
APERTUR_PUBLIC_URL=${APERTUR_PUBLIC_URL:-https://photos.example}
# Where the API listens on this machine; a reverse proxy stands in front of it (deploy/caddy/Caddyfile).
APERTUR_LISTEN=127.0.0.1:3000
# The proxy whose X-Forwarded-For is believed: the gateway of the compose network.
APERTUR_TRUST_PROXY=172.16.0.0/12
# Private networks that deliveries may reach, e.g. 10.20.0.0/16. Empty: none.
APERTUR_ALLOW_PRIVATE_NETWORKS=${APERTUR_ALLOW_PRIVATE_NETWORKS:-}

# Made by make-compose-env.sh. Keep a copy of the first one apart: without it, stored credentials cannot be opened.
APERTUR_SECRET_KEY=$(secret 32)
POSTGRES_PASSWORD=$(secret 24)
S3_KEY=apertur-$(secret 6)
S3_SECRET=$(secret 24)
END
echo "Wrote $file. Set APERTUR_PUBLIC_URL in it, then: docker compose --env-file $file up --detach --build"
