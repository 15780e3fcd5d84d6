package xmlrpc

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"os/exec"
	"reflect"
	"strings"
	"testing"

	kolo "github.com/kolo/xmlrpc"
)

// sample is a reply with every kind of value; pythonSample writes the same with Python.
var sample = []any{
	Struct{{"name", "a<b>&c"}, {"pid", 17}, {"ok", true}, {"no", false}, {"empty", Struct{}}},
	[]any{},
	[]string{"x", ""},
	1.0, 0.1, 1e-5, 1e16, -2.5e300, "é\n\t", int64(-2147483648),
	DateTime{2026, 11, 1, 1, 2, 3},
}

const pythonSample = `
import sys, datetime, xmlrpc.client as x
v = [{'name': 'a<b>&c', 'pid': 17, 'ok': True, 'no': False, 'empty': {}},
     [], ['x', ''], 1.0, 0.1, 1e-5, 1e16, -2.5e300, '\u00e9\n\t', -2147483648, datetime.datetime(2026, 11, 1, 1, 2, 3)]
sys.stdout.buffer.write((x.dumps((v,), methodresponse=True) + '\x00' + x.dumps(x.Fault(10, 'BAD_NAME: <x>'))).encode('utf-8'))
`

func Test233LayoutAsPython(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("python3 is not installed")
	}
	out, err := exec.CommandContext(t.Context(), python, "-c", pythonSample).Output()
	if err != nil {
		t.Fatal(err)
	}
	wantReply, wantFault, _ := strings.Cut(string(out), "\x00")
	if got := string(AppendReply(nil, sample)); got != wantReply {
		t.Errorf("reply:\n%s\nPython:\n%s", got, wantReply)
	}
	if got := string(AppendFault(nil, &Fault{10, "BAD_NAME: <x>"})); got != wantFault {
		t.Errorf("fault:\n%s\nPython:\n%s", got, wantFault)
	}
}

func Test233Layout(t *testing.T) {
	const want = "<?xml version='1.0'?>\n<methodResponse>\n<params>\n<param>\n<value><struct>\n<member>\n<name>a</name>\n" +
		"<value><array><data>\n<value><int>4294967296</int></value>\n</data></array></value>\n</member>\n</struct></value>\n" +
		"</param>\n</params>\n</methodResponse>\n"
	if got := string(AppendReply([]byte("x"), Struct{{"a", []any{int64(1) << 32}}})); got != "x"+want {
		t.Errorf("got %q", got)
	}
}

func Test235TextIsMadeFit(t *testing.T) {
	for in, want := range map[string]string{
		"a\x00b\x1b[0mc\x7f":             "a\uFFFDb\uFFFD[0mc\x7f",
		"\xff\xfe":                       "\uFFFD\uFFFD",
		"cut \xc3":                       "cut \uFFFD",
		"cut \xe2\x82":                   "cut \uFFFD\uFFFD",
		"\xa9 at the begin":              "\uFFFD at the begin",
		"\uFFFE\uFFFF\uFFFD\U0001F600":   "\uFFFD\uFFFD\uFFFD\U0001F600",
		"\xed\xa0\x80":                   "\uFFFD\uFFFD\uFFFD",
		"tab\tlf\ncr\r":                  "tab\tlf\ncr\r",
		"<a href=\"x\">'&amp;'</a>":      "&lt;a href=\"x\"&gt;'&amp;amp;'&lt;/a&gt;",
		strings.Repeat("long ", 1000):    strings.Repeat("long ", 1000),
		"\x00" + strings.Repeat("é", 99): "\uFFFD" + strings.Repeat("é", 99),
	} {
		if got := string(appendText(nil, in)); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
		if got := string(appendText([]byte("<"), []byte(in))); got != "<"+want {
			t.Errorf("bytes of %q: got %q", in, got)
		}
	}
}

func TestOtherValues(t *testing.T) {
	for _, c := range []struct {
		v    any
		want string
	}{
		{nil, "<value><nil/></value>\n"},
		{big20, "<value><int>99999999999999999999</int></value>\n"},
		{[]byte("<"), "<value><string>&lt;</string></value>\n"},
		{&Fault{1, "X"}, "<value><struct>\n<member>\n<name>faultCode</name>\n<value><int>1</int></value>\n</member>\n" +
			"<member>\n<name>faultString</name>\n<value><string>X</string></value>\n</member>\n</struct></value>\n"},
		{process{"a", 1}, "<value><struct>\n<member>\n<name>name</name>\n<value><string>a</string></value>\n</member>\n" +
			"<member>\n<name>pid</name>\n<value><int>1</int></value>\n</member>\n" +
			"<member>\n<name>up</name>\n<value><boolean>1</boolean></value>\n</member>\n</struct></value>\n"},
	} {
		var e Encoder
		e.Value(c.v)
		if got := string(e.Bytes()); got != c.want {
			t.Errorf("%#v: got %q", c.v, got)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("no panic for a type that has no element")
		}
	}()
	AppendReply(nil, struct{}{})
}

// process encodes itself, as results of the RPC methods do.
type process struct {
	name string
	pid  int64
}

func (p process) AppendXMLRPC(e *Encoder) {
	e.BeginStruct()
	e.StringMember("name", p.name)
	e.IntMember("pid", p.pid)
	e.BoolMember("up", p.pid > 0)
	e.EndStruct()
}

// TestKoloReads makes an independent decoder read a reply and a fault.
func TestKoloReads(t *testing.T) {
	var got []struct {
		Name string `xmlrpc:"name"`
		Pid  int64  `xmlrpc:"pid"`
		Up   bool   `xmlrpc:"up"`
	}
	if err := kolo.Response(AppendReply(nil, []any{process{"a<&>é", 1 << 40}, process{}})).Unmarshal(&got); err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || got[0].Name != "a<&>é" || got[0].Pid != 1<<40 || !got[0].Up || got[1].Up {
		t.Errorf("got %+v", got)
	}
	err := kolo.Response(AppendFault(nil, &Fault{10, "BAD_NAME: <x>"})).Err()
	if fault, ok := errors.AsType[kolo.FaultError](err); !ok || fault.Code != 10 || fault.String != "BAD_NAME: <x>" {
		t.Errorf("got %v", err)
	}
}

// TestKoloCalls decodes what an independent client sends.
func TestKoloCalls(t *testing.T) {
	body, err := kolo.EncodeMethodCall("s.m", "a<&>é\n", 5, true, 1.5, []any{"x", 1}, map[string]any{"k": "v"})
	if err != nil {
		t.Fatal(err)
	}
	call, err := DecodeCall(body)
	want := []any{"a<&>é\n", int64(5), true, 1.5, []any{"x", int64(1)}, Struct{{"k", "v"}}}
	if err != nil || call.Method != "s.m" || !reflect.DeepEqual(call.Params, want) {
		t.Errorf("got %#v, %v", call, err)
	}
}

// checkWellFormed reads a document with the standard library's strict reader.
func checkWellFormed(t *testing.T, doc []byte) {
	t.Helper()
	dec := xml.NewDecoder(bytes.NewReader(doc))
	for {
		if _, err := dec.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatalf("%v in %q", err, doc)
		}
	}
}
