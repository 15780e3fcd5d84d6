package disk

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
)

// byFolder stands in for the mount table: a path's first element is its device.
func byFolder(path string) place {
	device, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	return place{device, path}
}

func TestPoolGoesOnWhileDevicesHang(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPool(16, byFolder)
		hangs := make(chan bool)
		var ended atomic.Int32
		for i := range 100 {
			for _, device := range []string{"a", "b", "c"} {
				go func() {
					if err := p.do(t.Context(), fmt.Sprintf("/%s/%d", device, i), func() { <-hangs }); err != nil {
						t.Error(err)
					}
					ended.Add(1)
				}()
			}
		}
		synctest.Wait()
		done := 0
		for range 1000 {
			if err := p.do(t.Context(), "/well/file", func() { done++ }); err != nil {
				t.Fatal(err)
			}
		}
		if done != 1000 || ended.Load() != 0 {
			t.Errorf("%d done, %d ended", done, ended.Load())
		}
		close(hangs)
		synctest.Wait()
		if ended.Load() != 300 {
			t.Errorf("%d ended", ended.Load())
		}
	})
}

func TestCallerStopsWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPool(4, byFolder)
		hangs := make(chan bool)
		for range 2 { // the first runs, the second waits
			ctx, cancel := context.WithCancel(t.Context())
			asked := make(chan error)
			go func() { asked <- p.do(ctx, "/hung/x", func() { <-hangs }) }()
			synctest.Wait()
			cancel()
			if err := <-asked; !errors.Is(err, context.Canceled) || !strings.HasPrefix(err.Error(), "cannot use /hung/x: ") {
				t.Errorf("do = %v", err)
			}
		}
		hangs <- true
		synctest.Wait() // the second is not run
	})
}

func TestPanicIsTheCallers(t *testing.T) {
	defer func() {
		if got := recover(); got != "oh" {
			t.Errorf("recovered %v", got)
		}
	}()
	_ = Do("/x", func() { panic("oh") })
}

func TestGet(t *testing.T) {
	got, err := Get(t.Context(), t.TempDir(), func() (int, error) { return 7, errors.ErrUnsupported })
	if got != 7 || !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("Get = %v, %v", got, err)
	}
}

func TestRefusalNamesThePath(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPool(1, byFolder)
		hangs := make(chan bool)
		for i := range 1 + waitMost {
			go p.do(t.Context(), fmt.Sprintf("/hung/%d", i), func() { <-hangs })
		}
		synctest.Wait()
		err := p.do(t.Context(), "/hung/x", func() {})
		if !errors.Is(err, ErrBusy) || err.Error() != "cannot use /hung/x: too much waits for its file system" {
			t.Errorf("do = %v", err)
		}
		close(hangs)
	})
}

// A turn woken while it runs is run once more, and other work may run in between.
func TestTask(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPool(1, byFolder)
		var order []string
		var a, b *Task
		again := 3
		a = newTask(p, "/disk/a", func() {
			order = append(order, "a")
			if again--; again > 0 {
				a.Wake()
				a.Wake()
			}
		})
		b = newTask(p, "/disk/b", func() { order = append(order, "b") })
		hold := make(chan bool)
		go p.do(t.Context(), "/disk/c", func() { <-hold })
		synctest.Wait()
		a.Wake()
		b.Wake()
		b.Wake()
		a.Move("/elsewhere/a")
		hold <- true
		synctest.Wait()
		if got := strings.Join(order, ""); got != "abaa" {
			t.Errorf("turns: %s", got)
		}
	})
}
