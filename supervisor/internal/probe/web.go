package probe

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net/http"
)

const (
	longestHead = 64 << 10 // of an answer
	longestBody = 4 << 10  // what is kept of a bad one
)

// web asks by HTTP.
type web struct{ transport *http.Transport }

func newWeb() *web {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	return &web{&http.Transport{
		DialContext:            dial,
		DisableKeepAlives:      true,
		DisableCompression:     true,
		MaxResponseHeaderBytes: longestHead,
		Protocols:              protocols,
		TLSClientConfig:        &tls.Config{InsecureSkipVerify: true}, // see the package comment
	}}
}

// get succeeds if the answer is from 200 to 399. Of any other it returns the begin.
func (w *web) get(ctx context.Context, url string) (body []byte, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("User-Agent", "reeve-check")
	answer, err := w.transport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode >= 200 && answer.StatusCode < 400 {
		return nil, nil
	}
	body, _ = io.ReadAll(io.LimitReader(answer.Body, longestBody)) // what came is enough
	return body, errors.New(answer.Status)
}
