package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"reeve/supervisor"
)

// testdata/handover-N.json is what a program with format N has left: of a daemon with a
// group, a program that is being retried, one that waits for another, one whose stop a
// client waits for, a listener with buffered events, and a FastCGI socket.
const golden = "testdata/handover-%d.json"

// With REEVE_RENEW=1 the file of the current format is written again from itself; only as
// long as no release has that format.

// TestHandoversOfAllFormats reads what those one version behind have left.
func TestHandoversOfAllFormats(t *testing.T) {
	for f := max(format-1, 1); f <= format; f++ {
		text, err := os.ReadFile(fmt.Sprintf(golden, f))
		if err != nil {
			t.Fatal("each format needs its file: ", err)
		}
		h, err := decodeHandover(text)
		if err != nil {
			t.Fatal(err)
		}
		got := fmt.Sprintln(h.Format, h.From, h.Supervisor.Since > 0, h.Supervisor.Processes(), len(h.Servers.Endpoints), len(h.Servers.Conns), len(h.Logs.Logs) > 5,
			h.Session.Config.Servers[0].Password, h.Session.Pidfile, h.Limit != (supervisor.ChildLimit{}), h.Program, h.Loader.File)
		if want := "1 0.1.0 true 7 1 2 true secret /srv/app/supervisord.pid true /usr/bin/supervisord /srv/app/g.conf\n"; got != want {
			t.Errorf("format %d: read %s, want %s", f, got, want)
		}
		// All of it is read: written again, it is the same.
		again, err := json.Marshal(h)
		if err != nil {
			t.Fatal(err)
		}
		if os.Getenv("REEVE_RENEW") != "" && f == format {
			if err := os.WriteFile(fmt.Sprintf(golden, f), []byte(plainJSON(t, again)+"\n"), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if a, b := plainJSON(t, text), plainJSON(t, again); f == format && a != b {
			t.Errorf("format %d: members were lost, or are new: raise the format, or (REEVE_RENEW=1) the file if none was released\n%s", f, firstDifference(a, b))
		}
	}
}

func plainJSON(t *testing.T, text []byte) string {
	t.Helper()
	var v any
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	sorted, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(sorted)
}

func firstDifference(a, b string) string {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(x), len(y)) {
		if x[i] != y[i] {
			return fmt.Sprintf("line %d: %s, now %s", i+1, x[i], y[i])
		}
	}
	return "one is longer"
}

// TestHandoverFormats: one version ahead or behind is taken, with members that are not
// known; two are refused.
func TestHandoverFormats(t *testing.T) {
	text, err := os.ReadFile(fmt.Sprintf(golden, format))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		format, version int
		ok              bool
	}{
		{format, 1, true},
		{format - 1, 1, true},
		{format + 1, 1, true},
		{format - 2, 1, false},
		{format + 2, 1, false},
		{format, 0, true},
		{format, 2, true},
		{format, -1, false},
		{format, 3, false},
	} {
		var all map[string]any
		if err := json.Unmarshal(text, &all); err != nil {
			t.Fatal(err)
		}
		all["Format"], all["Unheard"] = c.format, map[string]any{"of": 1}
		loop := all["Supervisor"].(map[string]any)["Loop"].(map[string]any)
		loop["Version"], loop["Unheard"] = c.version, "of"
		altered, err := json.Marshal(all)
		if err != nil {
			t.Fatal(err)
		}
		if _, err = decodeHandover(altered); (err == nil) != c.ok || err != nil && !errors.Is(err, errNoHandover) {
			t.Errorf("format %d, version %d: %v", c.format, c.version, err)
		}
	}
	for _, spoiled := range []string{"", "{", "[]", "null", `{"Format":1}`, string(text[:len(text)/2])} {
		if _, err := decodeHandover([]byte(spoiled)); !errors.Is(err, errNoHandover) {
			t.Errorf("%.20q: %v", spoiled, err)
		}
	}
}
