<?php
/** Checks the signature of a webhook. Reads the raw body from standard input; see docs/verifying-webhooks.md. */

/** $timestamp is X-Apertur-Timestamp for events, null for photos. */
function isGenuine(string $secret, string $signature, string $body, ?string $timestamp = null): bool
{
    if ($timestamp !== null) {
        if (abs(time() - (int) $timestamp) > 300) {
            return false;
        }
        $body = $timestamp . '.' . $body;
    }
    return hash_equals('sha256=' . hash_hmac('sha256', $body, $secret), $signature);
}

$timestamp = getenv('TIMESTAMP');
$good = isGenuine(getenv('SECRET'), getenv('SIGNATURE'), file_get_contents('php://stdin'), $timestamp === false ? null : $timestamp);
exit($good ? 0 : 1);
