package compat

import (
	"bufio"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"syscall"
)

var pidValue = regexp.MustCompile(`\bpid:([1-9]\d*)`)

// stepEvents waits until a listener has recorded N more events and shows all new ones:
// events FILE N. The header is shown unchanged, and the payload quoted below it; only a
// pid is replaced, and len adjusted to a pid of one digit. Text that is not an event is
// shown as it is.
func stepEvents(in *instance, w *strings.Builder, args []string) error {
	if len(args) != 2 {
		return fmt.Errorf("events FILE N")
	}
	want, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	if in.eventMarks == nil {
		in.eventMarks = map[string]int{}
	}
	var text strings.Builder
	size := 0
	if !in.poll(func() bool {
		text.Reset()
		recording := in.read(args[0])
		var n int
		n, size = showEvents(&text, recording[min(in.eventMarks[args[0]], len(recording)):])
		return n >= want
	}) {
		w.WriteString("TIMEOUT\n")
	}
	in.eventMarks[args[0]] += size
	w.WriteString(text.String())
	if text.Len() == 0 {
		w.WriteString("(none)\n")
	}
	return nil
}

// showEvents shows the complete events of a recording, and returns their number and total
// size.
func showEvents(w *strings.Builder, recording string) (n, size int) {
	r := bufio.NewReader(strings.NewReader(recording))
	for size < len(recording) {
		head, payload, err := readEvent(r, false)
		if err != nil && !strings.HasPrefix(head, "ver:") {
			fmt.Fprintf(w, "no event: %q\n", recording[size:])
			return n, len(recording)
		}
		if err != nil {
			return n, size // its end is still to come
		}
		n, size = n+1, size+len(head)+len(payload)
		if m := pidValue.FindStringSubmatch(payload); m != nil {
			payload = strings.Replace(payload, m[0], "pid:N", 1)
			head = regexp.MustCompile(`len:\d+`).ReplaceAllStringFunc(head, func(s string) string {
				length, _ := strconv.Atoi(s[len("len:"):])
				return fmt.Sprintf("len:%d", length-len(m[1])+1)
			})
		}
		fmt.Fprintf(w, "%s  %q\n", head, payload)
	}
	return n, size
}

// stepSay makes a puppet write a text in one write: say FILE TEXT.
func stepSay(in *instance, w *strings.Builder, args []string) error {
	if len(args) != 2 {
		return fmt.Errorf("say FILE TEXT")
	}
	var ear *os.File
	if !in.poll(func() (ready bool) {
		// Without O_NONBLOCK this would wait for a puppet that may be dead.
		var err error
		ear, err = os.OpenFile(in.path(args[0]+".say"), os.O_WRONLY|syscall.O_NONBLOCK, 0)
		return err == nil
	}) {
		w.WriteString("TIMEOUT\n")
		return nil
	}
	defer ear.Close()
	_, err := fmt.Fprintf(ear, "%q\n", args[1])
	return err
}
