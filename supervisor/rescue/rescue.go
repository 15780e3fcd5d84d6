// Package rescue keeps a panic from ending the daemon, which would leave all programs to
// themselves. Every goroutine of the daemon runs under one of its functions (TestGuarded
// in cmd holds the list of exceptions).
//
// A panic is reported to whoever listens. While nobody does, it ends the process as
// everywhere in Go: so tests and the small commands see theirs. What the runtime does not
// let anyone recover from (a concurrent use of a map, no memory, a stack overflow) ends
// the process in any case.
//
// A panic unwinds to the guard, so what the goroutine was doing is not finished, and locks
// stay held that are not released by defer. Where that could leave a thing that many
// depend on half done, the panic is Vital: then the process executes itself again.
//
// Where goroutines are begun often, write go func() { rescue.Run(…) }(), which makes one
// closure; go rescue.Run(…) makes two.
package rescue

import (
	"fmt"
	"os"
	"runtime/debug"
	"sync/atomic"
)

// Panic is a panic that did not end the process.
type Panic struct {
	Where string // what it happened in: "the loop"
	Value string
	Stack string
	Vital bool // what it happened in can't go on in this image
}

// Short says what happened in one line.
func (p *Panic) Short() string { return "panic in " + p.Where + ": " + p.Value }

var listener atomic.Pointer[func(*Panic)]

// Listen has panics reported to f from now on, on the goroutine that panicked: f must not
// wait for it. Only one listens at a time; stop ends it.
func Listen(f func(*Panic)) (stop func()) {
	listener.Store(&f)
	return func() { listener.CompareAndSwap(&f, nil) }
}

// Run calls f, and returns the panic that has ended it, if one has.
func Run(where string, f func()) *Panic { return guard(where, false, f) }

// Vital is Run for what can't go on after a panic.
func Vital(where string, f func()) *Panic { return guard(where, true, f) }

// Around returns f under Run.
func Around(where string, f func()) func() { return func() { Run(where, f) } }

// keepMost is at how many panics Keep ends.
const keepMost = 10

// Keep calls f, and calls it again after a panic: f is a loop that takes what it handles
// off its queue first. The tenth panic is Vital, and ends Keep.
func Keep(where string, f func()) { keep(where, false, f) }

// KeepVital is Keep for a loop whose panics are all Vital. It goes on only so that what it
// has can be handed over.
func KeepVital(where string, f func()) { keep(where, true, f) }

func keep(where string, vital bool, f func()) {
	for n := 1; guard(where, vital || n == keepMost, f) != nil && n < keepMost; n++ {
	}
}

func guard(where string, vital bool, f func()) (p *Panic) {
	defer func() {
		tell := listener.Load()
		if tell == nil {
			return
		}
		if value := recover(); value != nil {
			p = &Panic{Where: where, Value: fmt.Sprint(value), Stack: string(debug.Stack()), Vital: vital}
			report(*tell, p)
		}
	}()
	f()
	return nil
}

// report survives what the report itself may do: the log may be what is broken.
func report(tell func(*Panic), p *Panic) {
	defer func() {
		if value := recover(); value != nil {
			fmt.Fprintf(os.Stderr, "%s\n%s\nand reporting it: %v\n", p.Short(), p.Stack, value)
		}
	}()
	tell(p)
}
