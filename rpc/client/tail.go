package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
)

// ProcessLogPath returns the path of a process's log stream; channel is `stdout` or
// `stderr`.
func ProcessLogPath(name, channel string) string { return "/logtail/" + name + "/" + channel }

// MainLogPath is the path of the daemon's own log stream.
const MainLogPath = "/mainlogtail"

// Follow streams the log at path (ProcessLogPath, MainLogPath) to w, each piece as it
// comes, starting with up to 1,024 bytes that are already in the log (facts 226 and 265,
// log tails and their client). It returns nil when the daemon ends the stream, the
// context's error when ctx ends, w's error, or the errors of Call; an unknown log is an
// *HTTPError with code 404. Percent signs in path are sent unchanged, and the daemon
// decodes them.
func (c *Client) Follow(ctx context.Context, path string, w io.Writer) error {
	req, err := c.request(ctx, http.MethodGet, &url.URL{Opaque: escapePath(path)}, nil)
	if err != nil {
		return err
	}
	reply, err := c.http.Do(req)
	if err != nil {
		return transportError(ctx, c.url, err)
	}
	defer reply.Body.Close()
	if reply.StatusCode != http.StatusOK {
		return &HTTPError{Path: path, Code: reply.StatusCode, Reason: reason(reply)}
	}
	buffer := make([]byte, 32<<10)
	for {
		n, err := reply.Body.Read(buffer)
		if n > 0 {
			if _, err := w.Write(buffer[:n]); err != nil {
				return fmt.Errorf("cannot write the log: %w", err)
			}
		}
		switch {
		case err == nil:
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			// A daemon that ends closes the connection in the middle of its endless
			// answer.
			return nil
		default:
			return transportError(ctx, c.url, err)
		}
	}
}

// escapePath escapes the bytes of a path that would end or break the request line;
// everything else stays as typed.
func escapePath(path string) string {
	const hex = "0123456789ABCDEF"
	out := make([]byte, 0, len(path))
	for i := range len(path) {
		if b := path[i]; b <= ' ' || b >= 0x7F || b == '?' || b == '#' {
			out = append(out, '%', hex[b>>4], hex[b&15])
		} else {
			out = append(out, b)
		}
	}
	return string(out)
}
