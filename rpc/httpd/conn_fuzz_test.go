package httpd

import (
	"bytes"
	"io"
	"net"
	"regexp"
	"testing"
	"time"
)

// pieces is a client that sends its pieces, closes its sending side, and keeps what it
// receives.
type pieces struct {
	net.Conn
	left [][]byte
	got  bytes.Buffer
}

func (p *pieces) Read(b []byte) (int, error) {
	if len(p.left) == 0 {
		return 0, io.EOF
	}
	n := copy(b, p.left[0])
	if p.left[0] = p.left[0][n:]; len(p.left[0]) == 0 {
		p.left = p.left[1:]
	}
	return n, nil
}

func (p *pieces) Write(b []byte) (int, error)      { return p.got.Write(b) }
func (p *pieces) Close() error                     { return nil }
func (p *pieces) SetReadDeadline(time.Time) error  { return nil }
func (p *pieces) SetWriteDeadline(time.Time) error { return nil }

var dateLine = regexp.MustCompile(`\r\nDate: [^\r]*`)

// FuzzPieces: the replies do not depend on how a client's requests are cut into packets.
func FuzzPieces(f *testing.F) {
	for _, s := range []string{
		"GET /none HTTP/1.1\r\nHost: h\r\n\r\nGET /ok.html HTTP/1.0\r\n\r\n",
		"POST /none HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc\r\nDELETE / HTTP/1.1\r\n\r\n",
		"\r\nHEAD /images/icon.png HTTP/1.1\r\nConnection: close\r\n\r\nGET / HTTP/1.1\r\n\r\n",
		"POST /RPC2 HTTP/1.1\r\nContent-Length: x\r\n\r\n", "GARBAGE\r\n\r\nGET /none\r\n\r\n", "\n\n\r\n\r\n",
		"GET /none HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
	} {
		f.Add([]byte(s), []byte{1, 17, 2})
	}
	limits := DefaultLimits
	limits.Head, limits.Body = 300, 500
	s, err := Open(nil, Options{Limits: limits})
	if err != nil {
		f.Fatal(err)
	}
	s.Serve(Handlers{}.mounts(f, Options{}))
	f.Cleanup(func() { _ = s.Close() })
	answer := func(parts ...[]byte) string {
		p := &pieces{}
		for _, part := range parts {
			if len(part) > 0 {
				p.left = append(p.left, part)
			}
		}
		s.start(&endpoint{Endpoint: Endpoint{Path: "/s"}, room: 1, conns: map[*conn]struct{}{}}, p)
		s.wg.Wait()
		return dateLine.ReplaceAllString(p.got.String(), "")
	}
	f.Fuzz(func(t *testing.T, input, cuts []byte) {
		want := answer(input)
		var parts [][]byte
		rest := input
		for _, c := range cuts {
			n := min(int(c), len(rest))
			parts, rest = append(parts, rest[:n]), rest[n:]
		}
		if got := answer(append(parts, rest)...); got != want {
			t.Errorf("cut into %q:\n%q\nwhole:\n%q", append(parts, rest), got, want)
		}
	})
}
