package disk

import (
	"context"
	"strings"
	"testing"
	"time"
)

func TestRest(t *testing.T) {
	p := newPool(4, func(path string) place { return place{"device of " + path, path} })
	if err := p.rest(t.Context()); err != nil {
		t.Errorf("nothing runs: %v", err)
	}
	begun, end := make(chan struct{}), make(chan struct{})
	p.submit("/dead", &request{run: func() { close(begun); <-end }})
	<-begun
	over, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if err := p.rest(over); err == nil || !strings.Contains(err.Error(), "1 operations have not ended, one of them on device of /dead") {
		t.Errorf("work that hangs: %v", err)
	}
	close(end)
	if err := p.rest(t.Context()); err != nil {
		t.Errorf("work has ended: %v", err)
	}
}
