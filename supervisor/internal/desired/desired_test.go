package desired

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
)

func example() State {
	var s State
	s.Disable("web", All)
	s.Disable("db", "db")
	s.Stop("worker", "worker_01")
	s.Stop("db", "db")
	s.Scale(Scale{"worker", "worker", 5, 2})
	s.Scale(Scale{"api", "api", 3, 1})
	return s
}

func TestDisabled(t *testing.T) {
	var s State
	enabled := func() (all string) {
		for _, p := range []string{"a", "b", "c"} {
			if s.Enabled("web", p) {
				all += p
			}
		}
		if !s.Enabled("we", "a") || !s.Enabled("web2", "a") {
			all += " another group is disabled"
		}
		return all
	}
	members := []string{"a", "b", "c"}
	for i, step := range []struct {
		do   func() bool
		new  bool
		left string
	}{
		{func() bool { return s.Disable("web", "a") }, true, "bc"},
		{func() bool { return s.Disable("web", "a") }, false, "bc"},
		{func() bool { return s.Disable("web", All) }, true, ""},
		{func() bool { return s.Disable("web", "b") }, false, ""},
		{func() bool { return s.Enable("web", "b", members) }, true, "b"},
		{func() bool { return s.Enable("web", "b", members) }, false, "b"},
		{func() bool { return s.Enable("web", All, members) }, true, "abc"},
		{func() bool { return s.Enable("web", All, members) }, false, "abc"},
		{func() bool { return s.Enable("web", "a", members) }, false, "abc"},
	} {
		if got := step.do(); got != step.new || enabled() != step.left {
			t.Errorf("step %d: %v, enabled are %q; want %v, %q", i, got, enabled(), step.new, step.left)
		}
	}
	if !s.Empty() {
		t.Errorf("left: %+v", s)
	}
}

func TestStoppedAndScaled(t *testing.T) {
	s := example()
	copied := s.Clone()
	if !s.StayStopped("worker", "worker_01") || s.StayStopped("worker", "worker_02") || s.Stop("db", "db") {
		t.Errorf("stopped: %v", s.Stopped)
	}
	if !s.Start("db", "db") || s.Start("db", "db") || s.StayStopped("db", "db") {
		t.Errorf("after a start: %v", s.Stopped)
	}
	s.Scale(Scale{"worker", "worker", 7, 2})
	if !s.Unscale("api", "api") || s.Unscale("api", "api") {
		t.Error("the scale of api was not there, or stays")
	}
	if want := []Scale{{"worker", "worker", 7, 2}}; !reflect.DeepEqual(s.Scaled, want) {
		t.Errorf("scaled: %v", s.Scaled)
	}
	if !reflect.DeepEqual(copied, example()) {
		t.Errorf("the copy has changed: %v", copied)
	}
}

func TestRoundTrip(t *testing.T) {
	for _, s := range []State{{}, example()} {
		got, err := Decode(s.Encode())
		if err != nil || !reflect.DeepEqual(got, s) {
			t.Errorf("%v became %v, %v", s, got, err)
		}
	}
}

// TestTorn: no beginning of a text is taken for a whole one, and no change of a byte goes
// unnoticed.
func TestTorn(t *testing.T) {
	s := example()
	text := s.Encode()
	for n := range text {
		if got, err := Decode(text[:n]); err == nil {
			t.Fatalf("the first %d bytes are read as %v", n, got)
		}
		changed := bytes.Clone(text)
		changed[n] ^= 1
		if got, err := Decode(changed); err == nil {
			t.Fatalf("with byte %d changed it is read as %v", n, got)
		}
	}
}

func TestForeign(t *testing.T) {
	sealed := func(body string) string { return head([]byte(body)) + body }
	for text, want := range map[string]string{
		"":                              "not a state file",
		"1234\n":                        "not a state file",
		"reeve-state":                   "not a state file",
		"reeve-state \n":                "first line is damaged",
		"reeve-state 2 crc32c=0\n{}":    "format 2, of a newer version",
		"reeve-state 2 sha256=00\n{}":   "format 2, of a newer version",
		"reeve-state 0 crc32c=000\n{}":  "first line is damaged",
		"reeve-state 1 crc32c=xx\n{}":   "first line is damaged",
		"reeve-state 1 crc32c=0a\n{}\n": "checksum is wrong",
		sealed(""):                      "cannot read its JSON",
		sealed(`{"more":1}`):            "unknown field",
		sealed(`{} {}`):                 "something follows",
		sealed(`{"disabled":["web"]}`):  `"web" is not the name`,
		sealed(`{"stopped":[":"]}`):     `":" is not the name`,
		sealed(`{"scaled":[{"group":"g","program":"p","count":0}]}`):      "scaled to 0",
		sealed(`{"scaled":[{"group":"g","program":"p","count":100001}]}`): "scaled to 100001",
	} {
		if got, err := Decode([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, %v; want %q", text, got, err, want)
		}
	}
}

// FuzzDecode: what is read can be written, and is then read as the same. Each input is
// tried as it is, and with a first line that fits.
func FuzzDecode(f *testing.F) {
	s := example()
	f.Add(s.Encode())
	f.Add([]byte(`{"disabled":["b:b","a:a","a:a"],"scaled":[{"group":"g","program":"p","count":2},{"group":"g","program":"p","count":3}]}`))
	f.Add([]byte("reeve-state 1 crc32c=00000000\n{}"))
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, text := range [][]byte{text, append([]byte(head(text)), text...)} {
			first, err := Decode(text)
			if err != nil {
				continue
			}
			again, err := Decode(first.Encode())
			if err != nil || again.Empty() != first.Empty() || !first.Empty() && !bytes.Equal(again.Encode(), first.Encode()) {
				t.Fatalf("%q is read as %v, and after writing as %v, %v", text, first, again, err)
			}
		}
	})
}
