package logfile

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

func recordedTime() time.Time { return time.Date(2026, 11, 3, 16, 5, 35, 999, time.Local) }

const eleven = "hello world"

func sample(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "log")
	if err := os.WriteFile(path, []byte(eleven), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func Test252Read(t *testing.T) {
	path := sample(t)
	for _, c := range []struct {
		offset, length int64
		want           string
		err            error
	}{
		{0, 0, eleven, nil},
		{6, 0, "world", nil},
		{6, 2, "wo", nil},
		{6, 100, "world", nil},
		{11, 0, "", nil},
		{1 << 62, 1 << 62, "", nil},
		{0, 1 << 62, eleven, nil},
		{-5, 0, "world", nil},
		{-100, 0, eleven, nil},
		{-1 << 62, 0, eleven, nil},
		{0, -1, "", ErrBadArguments},
		{-5, 1, "", ErrBadArguments},
		{-5, -1, "", ErrBadArguments},
	} {
		if got, err := Read(t.Context(), path, c.offset, c.length); string(got) != c.want || !errors.Is(err, c.err) {
			t.Errorf("Read(%d, %d) = %q, %v, want %q, %v", c.offset, c.length, got, err, c.want, c.err)
		}
	}
	if _, err := Read(t.Context(), path+".no", 0, 0); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Read of a missing file: %v", err)
	}
	if got, err := Read(t.Context(), os.DevNull, -100, 0); string(got) != "" || err != nil {
		t.Errorf("Read of %s = %q, %v", os.DevNull, got, err)
	}
	if _, err := Read(t.Context(), fifo(t), 0, 0); !errors.Is(err, errNoPlace) {
		t.Errorf("Read of a pipe: %v", err)
	}
}

func Test253Tail(t *testing.T) {
	path := sample(t)
	for _, c := range []struct {
		offset, length int64
		want           string
		overflow       bool
	}{
		{0, 0, "", true},
		{0, 3, "rld", true},
		{0, 100, eleven, false},
		{1000, 10, "", false},
		{0, -5, "", true},
		{1 << 62, 1 << 62, "", false},
		{-1 << 62, -1 << 62, "", true},
	} {
		got, next, overflow, err := Tail(t.Context(), path, c.offset, c.length)
		if string(got) != c.want || next != 11 || overflow != c.overflow || err != nil {
			t.Errorf("Tail(%d, %d) = %q, %d, %v, %v, want %q, 11, %v", c.offset, c.length, got, next, overflow, err, c.want, c.overflow)
		}
	}
	if got, next, overflow, err := Tail(t.Context(), path+".no", 7, 1); len(got) > 0 || next != 7 || overflow || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Tail of a missing file = %q, %d, %v, %v", got, next, overflow, err)
	}
}

func TestReadTooMuch(t *testing.T) {
	path := sample(t)
	if err := os.Truncate(path, MaxRead+1); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(t.Context(), path, 0, 0); err == nil {
		t.Error("no error")
	}
	if got, err := Read(t.Context(), path, MaxRead, 0); err != nil || len(got) != 1 {
		t.Errorf("the end: %d bytes, %v", len(got), err)
	}
}

// upstreamReads runs upstream's own functions with every pair of small numbers.
const upstreamReads = `
import json, sys
from supervisor.options import readFile, tailFile
out = []
for offset in range(-14, 15):
    for length in range(-14, 15):
        try:
            data = readFile(sys.argv[1], offset, length).decode()
        except ValueError as why:
            data = str(why)
        out.append([offset, length, data] + tailFile(sys.argv[1], offset, length))
print(json.dumps(out))
`

func Test252And253AsUpstream(t *testing.T) {
	path := sample(t)
	reply, err := exec.Command("/usr/bin/python3", "-c", upstreamReads, path).Output()
	if err != nil {
		t.Skip("upstream is not installed:", err)
	}
	var rows [][]any
	if err := json.Unmarshal(reply, &rows); err != nil || len(rows) != 29*29 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for _, row := range rows {
		offset, length := int64(row[0].(float64)), int64(row[1].(float64))
		read, err := Read(t.Context(), path, offset, length)
		if errors.Is(err, ErrBadArguments) {
			read = []byte("BAD_ARGUMENTS")
		}
		tail, next, overflow, _ := Tail(t.Context(), path, offset, length)
		got := fmt.Sprintf("%q %q %d %v", read, tail, next, overflow)
		if want := fmt.Sprintf("%q %q %v %v", row[2], row[3], row[4], row[5]); got != want {
			t.Errorf("(%d, %d): %s, want %s", offset, length, got, want)
		}
	}
}
