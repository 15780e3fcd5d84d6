package httpd

import (
	"bytes"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"strings"
	"unicode/utf8"

	"reeve/rpc/xmlrpc"
)

// authorize checks a request's credentials (facts 221 and 222: every path, schemes and
// passwords). It returns 0 if the request may go on, else the status to answer. The time
// it takes does not reveal how much of a name or password was right.
func (e *Endpoint) authorize(h *head) int {
	if e.Username == "" {
		return 0
	}
	v, _ := h.get("Authorization")
	scheme, cookie, ok := bytes.Cut(v, []byte(" "))
	if !ok || len(scheme) != len("basic") || !equalFold(scheme, "basic") {
		return http.StatusUnauthorized
	}
	decoded, err := xmlrpc.DecodeBase64(cookie)
	if err != nil || !utf8.Valid(decoded) {
		return http.StatusBadRequest
	}
	user, password, ok := bytes.Cut(decoded, []byte(":"))
	if !ok {
		return http.StatusUnauthorized // upstream answers 500
	}
	want := e.Password
	if sum, hashed := strings.CutPrefix(want, "{SHA}"); hashed {
		given := sha1.Sum(password)
		want, password = sum, hex.AppendEncode(nil, given[:])
	}
	if same(user, e.Username)&same(password, want) != 1 {
		return http.StatusUnauthorized
	}
	return 0
}

// same returns 1 if they are equal, in a time that depends on neither contents nor length
// of want.
func same(given []byte, want string) int {
	g, w := sha256.Sum256(given), sha256.Sum256([]byte(want))
	return subtle.ConstantTimeCompare(g[:], w[:])
}
