package xmlrpc

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// FuzzDecodeCall decodes or refuses any input; a decoded call can be encoded, is then
// well-formed, and decodes to the same again.
func FuzzDecodeCall(f *testing.F) {
	for _, c := range wellFormed {
		f.Add([]byte(c.body))
	}
	for _, body := range refused {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		call, err := DecodeCall(body)
		if err != nil {
			if call.Method != "" || call.Params != nil {
				t.Errorf("an error and a call: %#v", call)
			}
			return
		}
		if call.Method == "" {
			t.Error("no method and no error")
		}
		reply := AppendReply(nil, call.Params)
		checkWellFormed(t, reply)
		again := decodeReply(t, reply)
		// Compared as text: NaN differs from itself. A carriage return given as a
		// character reference becomes a line feed.
		once := AppendReply(nil, again)
		if twice := AppendReply(nil, decodeReply(t, once)); string(once) != string(twice) {
			t.Errorf("not stable:\n%q\n%q", once, twice)
		}
	})
}

// FuzzRoundTrip checks that text arrives unchanged, except for what XML cannot carry.
func FuzzRoundTrip(f *testing.F) {
	f.Add("a<b>&c\x00\xff\r\n\uFFFE", "name", int64(1)<<40, 1.5)
	f.Add("", "", int64(-1), 1e-300)
	f.Fuzz(func(t *testing.T, text, name string, i int64, d float64) {
		reply := AppendReply(nil, []any{Struct{{name, text}}, i, d})
		checkWellFormed(t, reply)
		got, ok := decodeReply(t, reply).([]any)
		if !ok || len(got) != 3 || got[1] != i || got[2] != d && d == d {
			t.Fatalf("got %#v", got)
		}
		want := Struct{{carried(name), carried(text)}}
		if !reflect.DeepEqual(got[0], want) {
			t.Errorf("got %#v, want %#v", got[0], want)
		}
	})
}

// carried returns what arrives of a text: by the rule of the package comment, and with
// the parser's treatment of line ends.
func carried(s string) string {
	var out strings.Builder
	var last rune
	for _, r := range s { // range yields U+FFFD for each byte that is not UTF-8
		switch {
		case r == '\n' && last == '\r':
		case r == '\r':
			out.WriteString("\n")
		case r < 0x20 && r != '\t' && r != '\n', r == 0xFFFE, r == 0xFFFF:
			out.WriteString("\uFFFD")
		default:
			out.WriteString(string(r))
		}
		last = r
	}
	return out.String()
}

// decodeReply reads a reply with the decoder of calls, which ignores the name of the
// root.
func decodeReply(t *testing.T, reply []byte) any {
	t.Helper()
	d := decoder{scanner: scanner{b: reply}}
	if err := d.document(); err != nil && !errors.Is(err, ErrNoMethod) {
		t.Fatal(fmt.Errorf("%w in %q", err, reply))
	}
	if len(d.params) != 1 {
		t.Fatalf("%d params in %q", len(d.params), reply)
	}
	return d.params[0]
}

func BenchmarkDecodeGetProcessInfo(b *testing.B) {
	body := []byte("<?xml version='1.0'?>\n<methodCall>\n<methodName>supervisor.getProcessInfo</methodName>\n<params>\n<param>\n" +
		"<value><string>web:web_00</string></value>\n</param>\n</params>\n</methodCall>\n")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := DecodeCall(body); err != nil {
			b.Fatal(err)
		}
	}
}

// processes is a reply of the size of getAllProcessInfo for 1,000 programs.
type processes struct{}

func (processes) AppendXMLRPC(e *Encoder) {
	e.BeginArray()
	for i := range 1000 {
		e.BeginStruct()
		for _, name := range [...]string{"description", "name", "group", "statename", "spawnerr", "logfile", "stdout_logfile", "stderr_logfile"} {
			e.StringMember(name, "pid 1234, uptime 1 day, 0:12:34")
		}
		for _, name := range [...]string{"start", "stop", "now", "state", "exitstatus", "pid"} {
			e.IntMember(name, int64(1_700_000_000+i))
		}
		e.EndStruct()
	}
	e.EndArray()
}

func BenchmarkEncodeAllProcessInfo1000(b *testing.B) {
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		buf = AppendReply(buf[:0], processes{})
	}
	b.SetBytes(int64(len(buf)))
}

// TestEncodingHardlyAllocates is the gate behind the benchmark: one allocation for the
// Encoder, none per value.
func TestEncodingHardlyAllocates(t *testing.T) {
	buf := AppendReply(nil, processes{})
	if n := testing.AllocsPerRun(5, func() { buf = AppendReply(buf[:0], processes{}) }); n > 1 {
		t.Errorf("%v allocations", n)
	}
}
