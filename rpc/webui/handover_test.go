package webui_test

import (
	"context"
	"net/http/httptest"
	"testing"

	"reeve/rpc/carry"
	"reeve/rpc/webui"
	"reeve/supervisor"
)

// handedOver is a supervisor that was handed over, or not.
type handedOver struct {
	*fake
	err error
}

func (h handedOver) AllInfo(context.Context) ([]*supervisor.Info, error) { return nil, h.err }

// TestHandOver: a page that can't be made because the supervisor was handed over is left
// to the successor.
func TestHandOver(t *testing.T) {
	for _, err := range []error{nil, supervisor.ErrHandedOver} {
		h := webui.New(webui.Options{Supervisor: handedOver{&fake{state: supervisor.Running}, err}})
		c := carry.New(nil)
		r := httptest.NewRequest("GET", "/", nil)
		h.ServeHTTP(httptest.NewRecorder(), r.WithContext(carry.With(r.Context(), c)))
		if c.Handed() != (err != nil) {
			t.Errorf("%v: handed over: %v", err, c.Handed())
		}
		h.Close()
	}
}
