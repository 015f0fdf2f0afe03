/** How a receiver checks a signature, in five languages; each refuses what was not signed with the secret. */

export interface Sample {
  language: string;
  hmac: string;
  svix: string;
}

export const samples: Sample[] = [
  {
    language: 'Node.js',
    hmac: `import { createHmac, timingSafeEqual } from 'node:crypto';

// body: the raw bytes of the request, before any JSON parser
export function isFromApertur(body, headers) {
  const time = headers['x-apertur-timestamp'];
  if (Math.abs(Date.now() / 1000 - Number(time)) > 300) return false;
  const mac = createHmac('sha256', process.env.APERTUR_SECRET).update(\`\${time}.\`).update(body);
  const expected = Buffer.from('sha256=' + mac.digest('hex'));
  const given = Buffer.from(headers['x-apertur-signature'] ?? '');
  return given.length === expected.length && timingSafeEqual(given, expected);
}`,
    svix: `import { createHmac, timingSafeEqual } from 'node:crypto';

export function isFromApertur(body, headers) {
  const id = headers['svix-id'], time = headers['svix-timestamp'];
  if (Math.abs(Date.now() / 1000 - Number(time)) > 300) return false;
  const expected = createHmac('sha256', Buffer.from(process.env.APERTUR_SECRET, 'hex'))
    .update(\`\${id}.\${time}.\${body}\`).digest();
  return headers['svix-signature'].split(' ').some((part) => {
    const given = Buffer.from(part.replace('v1,', ''), 'base64');
    return given.length === expected.length && timingSafeEqual(given, expected);
  });
}`,
  },
  {
    language: 'Python',
    hmac: `import hashlib, hmac, os, time

# body: bytes, as they came
def is_from_apertur(body, headers):
    sent = headers["X-Apertur-Timestamp"]
    if abs(time.time() - int(sent)) > 300:
        return False
    mac = hmac.new(os.environ["APERTUR_SECRET"].encode(), sent.encode() + b"." + body, hashlib.sha256)
    return hmac.compare_digest(headers.get("X-Apertur-Signature", ""), "sha256=" + mac.hexdigest())`,
    svix: `import base64, hashlib, hmac, os, time

def is_from_apertur(body, headers):
    sent = headers["svix-timestamp"]
    if abs(time.time() - int(sent)) > 300:
        return False
    signed = f"{headers['svix-id']}.{sent}.".encode() + body
    digest = hmac.new(bytes.fromhex(os.environ["APERTUR_SECRET"]), signed, hashlib.sha256).digest()
    expected = "v1," + base64.b64encode(digest).decode()
    return any(hmac.compare_digest(one, expected) for one in headers["svix-signature"].split(" "))`,
  },
  {
    language: 'PHP',
    hmac: `<?php
function is_from_apertur(string $body, string $time, string $signature): bool {
    if (abs(time() - (int) $time) > 300) return false;
    $expected = 'sha256=' . hash_hmac('sha256', "$time.$body", getenv('APERTUR_SECRET'));
    return hash_equals($expected, $signature);
}

$ok = is_from_apertur(
    file_get_contents('php://input'),
    $_SERVER['HTTP_X_APERTUR_TIMESTAMP'] ?? '',
    $_SERVER['HTTP_X_APERTUR_SIGNATURE'] ?? '');`,
    svix: `<?php
function is_from_apertur(string $body, string $id, string $time, string $signatures): bool {
    if (abs(time() - (int) $time) > 300) return false;
    $digest = hash_hmac('sha256', "$id.$time.$body", hex2bin(getenv('APERTUR_SECRET')), true);
    $expected = 'v1,' . base64_encode($digest);
    foreach (explode(' ', $signatures) as $one) if (hash_equals($expected, $one)) return true;
    return false;
}`,
  },
  {
    language: 'Ruby',
    hmac: `require "openssl"

def from_apertur?(body, time, signature)
  return false if (Time.now.to_i - time.to_i).abs > 300
  expected = "sha256=" + OpenSSL::HMAC.hexdigest("SHA256", ENV.fetch("APERTUR_SECRET"), "#{time}.#{body}")
  OpenSSL.secure_compare(expected, signature.to_s)
end`,
    svix: `require "openssl"
require "base64"

def from_apertur?(body, headers)
  id, time = headers["svix-id"], headers["svix-timestamp"]
  return false if (Time.now.to_i - time.to_i).abs > 300
  key = [ENV.fetch("APERTUR_SECRET")].pack("H*")
  expected = "v1," + Base64.strict_encode64(OpenSSL::HMAC.digest("SHA256", key, "#{id}.#{time}.#{body}"))
  headers["svix-signature"].split(" ").any? { |one| OpenSSL.secure_compare(expected, one) }
end`,
  },
  {
    language: 'Go',
    hmac: `package hooks

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"os"
	"strconv"
	"time"
)

func FromApertur(body []byte, h http.Header) bool {
	sent, err := strconv.ParseInt(h.Get("X-Apertur-Timestamp"), 10, 64)
	if err != nil || time.Since(time.Unix(sent, 0)).Abs() > 5*time.Minute {
		return false
	}
	mac := hmac.New(sha256.New, []byte(os.Getenv("APERTUR_SECRET")))
	mac.Write([]byte(h.Get("X-Apertur-Timestamp") + "."))
	mac.Write(body)
	expected := "sha256=" + hex.EncodeToString(mac.Sum(nil))
	return hmac.Equal([]byte(expected), []byte(h.Get("X-Apertur-Signature")))
}`,
    svix: `package hooks

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

func FromApertur(body []byte, h http.Header) bool {
	sent, err := strconv.ParseInt(h.Get("svix-timestamp"), 10, 64)
	if err != nil || time.Since(time.Unix(sent, 0)).Abs() > 5*time.Minute {
		return false
	}
	key, _ := hex.DecodeString(os.Getenv("APERTUR_SECRET"))
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(h.Get("svix-id") + "." + h.Get("svix-timestamp") + "."))
	mac.Write(body)
	expected := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	for _, one := range strings.Fields(h.Get("svix-signature")) {
		if hmac.Equal([]byte(one), []byte(expected)) {
			return true
		}
	}
	return false
}`,
  },
];
