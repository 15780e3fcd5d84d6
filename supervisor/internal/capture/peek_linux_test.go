package capture

import (
	"bytes"
	"strings"
	"syscall"
	"testing"
)

func testPipe(t *testing.T) (r, w int) {
	t.Helper()
	var ends [2]int
	if err := syscall.Pipe2(ends[:], syscall.O_CLOEXEC|syscall.O_NONBLOCK); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Close(ends[0]); syscall.Close(ends[1]) })
	return ends[0], ends[1]
}

// What is looked at stays in the pipe, in any amount.
func TestPeek(t *testing.T) {
	r, w := testPipe(t)
	buf := make([]byte, plainPipe)
	if n, err := peek(r, buf); n != 0 || err != syscall.EAGAIN {
		t.Errorf("of an empty pipe: %d, %v", n, err)
	}
	want := strings.Repeat("0123456789abcde\n", plainPipe/16)
	if n, err := syscall.Write(w, []byte(want)); n != len(want) || err != nil {
		t.Fatal(n, err)
	}
	for range 2 {
		if n, err := peek(r, buf); string(buf[:n]) != want || err != nil {
			t.Errorf("%d bytes, %v", n, err)
		}
	}
	if n, err := peek(r, buf[:7]); string(buf[:n]) != want[:7] || err != nil {
		t.Errorf("a part of it: %q, %v", buf[:n], err)
	}
	if n, err := read(r, buf); string(buf[:n]) != want || err != nil {
		t.Errorf("read afterwards: %d bytes, %v", n, err)
	}
	_ = syscall.Close(w)
	if n, err := peek(r, buf); n != 0 || err != nil {
		t.Errorf("at the end: %d, %v", n, err)
	}
	f, err := syscall.Open("/dev/null", syscall.O_RDONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(f)
	if _, err := peek(f, buf); err != syscall.EINVAL {
		t.Errorf("of a file: %v", err)
	}
}

// What a listener answers is noted down while it is still in the pipe.
func TestHeardBeforeTaken(t *testing.T) {
	r, w := testPipe(t)
	_, _ = syscall.Write(w, []byte("READY\n"))
	var heard []byte
	row := newRow(ID{1, Stdout}, r, Options{Raw: true, Heard: func(data []byte) {
		heard = append(heard, data...)
		there := make([]byte, 100)
		if n, err := peek(r, there); !bytes.Equal(there[:n], data) || err != nil {
			t.Errorf("noted down %q; the pipe has %q, %v", data, there[:n], err)
		}
	}})
	buf := make([]byte, 100)
	if n, err := row.take(buf); string(buf[:n]) != "READY\n" || err != nil || string(heard) != "READY\n" {
		t.Errorf("took %q, %v; noted down %q", buf[:n], err, heard)
	}
	if n, err := row.take(buf); n > 0 || err != syscall.EAGAIN {
		t.Errorf("took %q once more, %v", buf[:max(n, 0)], err)
	}
}

// What was noted down and not taken is skipped, and nothing else.
func TestSkip(t *testing.T) {
	for _, c := range []struct{ noted, pipe, want string }{
		{"READY\n", "READY\n", ""},
		{"READY\n", "READY\nmore", "more"},
		{"RESULT 2\nOKREADY\n", "READY\n", ""},
		{"RESULT 2\nOK", "READY\n", "READY\n"},
		{"RESULT 2\nOKRE", "READY\n", "ADY\n"},
		{"", "READY\n", "READY\n"},
		{"READY\n", "", ""},
	} {
		r, w := testPipe(t)
		_, _ = syscall.Write(w, []byte(c.pipe))
		Skip(r, []byte(c.noted))
		buf := make([]byte, 100)
		n, _ := read(r, buf)
		if got := string(buf[:max(n, 0)]); got != c.want {
			t.Errorf("noted %q, in the pipe %q: %q is left, want %q", c.noted, c.pipe, got, c.want)
		}
	}
}
