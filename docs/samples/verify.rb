# Checks the signature of a webhook. Reads the raw body from standard input; see docs/verifying-webhooks.md.
require 'openssl'

# timestamp is X-Apertur-Timestamp for events, nil for photos.
def genuine?(secret, signature, body, timestamp = nil)
  if timestamp
    return false if (Time.now.to_i - timestamp.to_i).abs > 300
    body = "#{timestamp}.".b + body
  end
  expected = 'sha256=' + OpenSSL::HMAC.hexdigest('SHA256', secret, body)
  OpenSSL.secure_compare(expected, signature)
end

body = $stdin.binmode.read
exit(genuine?(ENV.fetch('SECRET'), ENV.fetch('SIGNATURE'), body, ENV['TIMESTAMP']) ? 0 : 1)
