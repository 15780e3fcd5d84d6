// Package client talks to a supervisord, reeve's or Supervisor's own: XML-RPC calls as
// typed methods, and the streams of logs.
//
//	c, err := client.New("unix:///run/supervisor.sock", nil)
//	…
//	err = c.Start(ctx, "web:web_00", true)
//
// Processes are named as in supervisorctl: NAME, or GROUP:NAME where the two differ. A
// method that has no typed call here is called with Client.Call.
//
// # Waiting
//
// A call waits as long as the daemon does: a start for startsecs, a stop for as long as
// the process takes. A caller that wants less passes a context with a deadline; the start
// or stop goes on without it. The streams of logs (Client.Follow) last until their context
// ends or the daemon does.
//
// # Errors
//
// An error's type says how far a call came:
//
//   - *URLError: New can't use the URL.
//   - *TransportError: there was no answer; Kind says why. The call may have reached the
//     daemon, unless Kind is one of those that connecting fails with, such as Refused.
//   - *HTTPError: the answer was no reply; 401 means a wrong name or password.
//   - *Fault: the daemon refuses; Code, one of package api's, says why.
//   - *ReplyError: the reply is not what the method returns.
//   - the context's error, if it ended first.
//
// Calls on a group or on all processes do not fail because one process does: each has its
// own status in the results.
//
// # Connections
//
// A Client is safe for concurrent use. It keeps one connection alive between calls, and
// makes more while several run at once. It never repeats a call that may have reached the
// daemon.
package client

// Encoding and decoding are github.com/kolo/xmlrpc's. Its ready-made client is not used
// because it passes everything through net/rpc, which flattens faults and transport
// errors to text, and callers of this package branch on fault code and errno.

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/kolo/xmlrpc"
)

// firstRoom limits the memory that a reply gets because of its Content-Length; more is
// allocated only as data arrives.
const firstRoom = 8 << 20

// Credentials are sent as basic authentication with every request.
type Credentials struct {
	Username, Password string
}

// Client talks to one daemon. Use New to make one.
type Client struct {
	url   string
	host  string // Host header: what upstream's client sends
	creds *Credentials
	http  *http.Client
}

// New prepares a client for serverURL, `unix:///path` or `http://host[:port]`: an IPv6
// address in brackets, port 80 by default. Path and user information in the URL are
// ignored, as upstream does (fact 263, URLs of servers). New does not connect. creds may
// be nil. The error is a *URLError.
func New(serverURL string, creds *Credentials) (*Client, error) {
	c := &Client{url: serverURL, creds: creds}
	network, address := "", ""
	switch {
	case strings.HasPrefix(serverURL, "unix://"):
		network, address, c.host = "unix", serverURL[len("unix://"):], "localhost"
	case strings.HasPrefix(serverURL, "http://"):
		u, err := url.Parse(serverURL)
		if err != nil {
			reason := "cannot be parsed"
			if strings.Count(serverURL, ":") > 2 && !strings.Contains(serverURL, "[") {
				reason = "an IPv6 address has to be in brackets, as in http://[::1]:9001"
			}
			return nil, &URLError{URL: serverURL, Reason: reason}
		}
		port := u.Port()
		if port == "" {
			port = "80"
		}
		network, address = "tcp", net.JoinHostPort(u.Hostname(), port)
		if c.host = u.Host; c.host == "" {
			c.host = "localhost"
		}
	default:
		return nil, &URLError{URL: serverURL, Reason: UnknownProtocol}
	}
	var dialer net.Dialer
	c.http = &http.Client{
		Transport: &http.Transport{
			DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
				return dialer.DialContext(ctx, network, address)
			},
			DisableCompression: true,
			MaxIdleConns:       1,
		},
		// No daemon redirects a call. A redirect is an answer that is not 200, and a call
		// must not be sent twice.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return c, nil
}

// Close drops the idle connection. The client remains usable.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Call calls method and stores its result in result, a pointer, or nil to ignore the
// result. Results of mixed type go into an *any: int64, string (an empty one arrives as
// nil, which AsString undoes), bool, float64, []any, map[string]any.
//
// Errors are *Fault (the daemon's answer), *HTTPError (an answer that is not 200),
// *TransportError (no answer), *ReplyError (not XML-RPC), or the context's.
func (c *Client) Call(ctx context.Context, method string, result any, args ...any) error {
	body, err := xmlrpc.EncodeMethodCall(method, args...)
	if err != nil {
		return fmt.Errorf("cannot encode the call of %s: %v", method, err)
	}
	req, err := c.request(ctx, http.MethodPost, &url.URL{Path: "/RPC2"}, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "text/xml")
	req.Header.Set("Accept", "text/xml")
	reply, err := c.http.Do(req)
	if err != nil {
		return transportError(ctx, c.url, err)
	}
	defer reply.Body.Close()
	if reply.StatusCode != http.StatusOK {
		_, _ = io.Copy(io.Discard, io.LimitReader(reply.Body, 64<<10))
		return &HTTPError{Path: "/RPC2", Code: reply.StatusCode, Reason: reason(reply)}
	}
	// The Builder's text is not copied, however many strings are cut out of it.
	var text strings.Builder
	text.Grow(int(min(max(reply.ContentLength, 0), firstRoom)))
	if _, err := io.Copy(&text, reply.Body); err != nil {
		return transportError(ctx, c.url, err)
	}
	return decodeReply(method, text.String(), result)
}

// decodeReply turns the body of an answer into result, or into the error that it reports.
func decodeReply(method, text string, result any) error {
	if infos, ok := result.(*[]ProcessInfo); ok {
		if fast, ok := fastProcessInfos(text); ok {
			*infos = fast
			return nil
		}
	}
	response := xmlrpc.Response(wellFormed(text))
	if err := response.Err(); err != nil {
		if fault, ok := errors.AsType[xmlrpc.FaultError](err); ok {
			return &Fault{Code: fault.Code, Text: fault.String}
		}
		return &ReplyError{Method: method, Reason: err.Error()}
	}
	if result == nil {
		return nil
	}
	all, ok := result.(parts)
	if !ok {
		all = parts{result}
	}
	for _, part := range all {
		if err := response.Unmarshal(part); err != nil {
			return &ReplyError{Method: method, Reason: err.Error()}
		}
	}
	return nil
}

// parts is a result in several pointers, each of which takes the members of the answer's
// structs that it knows: the decoder does not look into embedded structs.
type parts []any

// wellFormed replaces the control characters that XML cannot hold. Upstream's daemon
// sends a log's escape codes unchanged (fact 235, control characters), and encoding/xml
// refuses the whole reply because of them.
func wellFormed(text string) string {
	bad := func(r rune) bool {
		return r < 0x20 && r != '\t' && r != '\n' && r != '\r' || r == 0xFFFE || r == 0xFFFF
	}
	if !strings.ContainsFunc(text, bad) {
		return text
	}
	return strings.Map(func(r rune) rune {
		if bad(r) {
			return '\uFFFD'
		}
		return r
	}, text)
}

// request builds a request to the daemon. The URL has a placeholder host; the transport
// knows where to connect.
func (c *Client) request(ctx context.Context, method string, u *url.URL, body io.Reader) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, method, "http://supervisord/", body)
	if err != nil {
		return nil, fmt.Errorf("cannot make a request for %s: %v", c.url, err)
	}
	u.Scheme, u.Host = req.URL.Scheme, req.URL.Host
	// Set here, because a path with stray percent signs would not parse.
	req.URL, req.Host = u, c.host
	req.Header.Set("User-Agent", "supervisorctl")
	if c.creds != nil {
		plain := c.creds.Username + ":" + c.creds.Password
		req.Header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(plain)))
	}
	return req, nil
}

// reason returns the text after the status code in the answer's first line.
func reason(reply *http.Response) string {
	return strings.TrimPrefix(strings.TrimPrefix(reply.Status, strconv.Itoa(reply.StatusCode)), " ")
}

// AsString turns the decoder's nil for an empty string back into "".
func AsString(v any) string {
	s, _ := v.(string)
	return s
}
