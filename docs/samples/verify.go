// Checks the signature of a webhook. Reads the raw body from standard input; see docs/verifying-webhooks.md.
package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"strconv"
	"time"
)

// timestamp is X-Apertur-Timestamp for events, empty for photos.
func isGenuine(secret, signature string, body []byte, timestamp string) bool {
	mac := hmac.New(sha256.New, []byte(secret))
	if timestamp != "" {
		seconds, err := strconv.ParseInt(timestamp, 10, 64)
		if err != nil || time.Since(time.Unix(seconds, 0)).Abs() > 5*time.Minute {
			return false
		}
		mac.Write([]byte(timestamp + "."))
	}
	mac.Write(body)
	expected := "sha256=" + hex.EncodeToString(mac.Sum(nil))
	return hmac.Equal([]byte(expected), []byte(signature))
}

func main() {
	body, err := io.ReadAll(os.Stdin)
	if err != nil || !isGenuine(os.Getenv("SECRET"), os.Getenv("SIGNATURE"), body, os.Getenv("TIMESTAMP")) {
		os.Exit(1)
	}
}
