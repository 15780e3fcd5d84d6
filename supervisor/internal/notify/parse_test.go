package notify

import (
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"reeve/supervisor/internal/check"
)

func TestParse(t *testing.T) {
	for text, want := range map[string]message{
		"":                                    {},
		"READY=1":                             {Notice: check.Notice{Ready: true}},
		"READY=1\n":                           {Notice: check.Notice{Ready: true}},
		"READY=1\x00":                         {Notice: check.Notice{Ready: true}},
		"READY=0":                             {problem: `"READY=0"`},
		"READY":                               {problem: `"READY"`},
		"ready=1":                             {},
		" READY=1":                            {},
		"X_OWN=1\n\n=\nQ":                     {},
		"STOPPING=1":                          {Notice: check.Notice{Stopping: true}},
		"RELOADING=1\nMONOTONIC_USEC=1500000": {Notice: check.Notice{Reloading: true, Monotonic: 1500 * time.Millisecond}},
		"STATUS=up\nSTATUS=down\nREADY=1":     {Notice: check.Notice{Ready: true, Status: new("up")}},
		"STATUS=":                             {Notice: check.Notice{Status: new("")}},
		"STATUS=a=b":                          {Notice: check.Notice{Status: new("a=b")}},
		"STATUS=\x1b[31mred\a\u202e":          {Notice: check.Notice{Status: new(" [31mred  ")}},
		"STATUS=\xff":                         {problem: `"STATUS=\xff"`},
		"MAINPID=42":                          {Notice: check.Notice{MainPid: 42}},
		"MAINPID=0":                           {problem: `"MAINPID=0"`},
		"MAINPID=-1":                          {problem: `"MAINPID=-1"`},
		"MAINPID=2147483648":                  {problem: `"MAINPID=2147483648"`},
		"ERRNO=2":                             {Notice: check.Notice{Errno: new(2)}},
		"ERRNO=0":                             {Notice: check.Notice{Errno: new(0)}},
		"ERRNO=4096":                          {problem: `"ERRNO=4096"`},
		"WATCHDOG=1":                          {Notice: check.Notice{Alive: true}},
		"WATCHDOG=trigger":                    {Notice: check.Notice{Trigger: true}},
		"WATCHDOG=0":                          {problem: `"WATCHDOG=0"`},
		"WATCHDOG_USEC=20000000":              {Notice: check.Notice{Period: new(20 * time.Second)}},
		"WATCHDOG_USEC=0":                     {Notice: check.Notice{Period: new(time.Duration(0))}},
		"WATCHDOG_USEC=+1":                    {problem: `"WATCHDOG_USEC=+1"`},
		"EXTEND_TIMEOUT_USEC=1":               {Notice: check.Notice{Extend: time.Microsecond}},
		// The longest that counts; infinity is no number of microseconds.
		"EXTEND_TIMEOUT_USEC=18446744073709551614": {Notice: check.Notice{Extend: longestSpan}},
		"EXTEND_TIMEOUT_USEC=18446744073709551615": {problem: `"EXTEND_TIMEOUT_USEC=18446744073709551615"`},
		"BARRIER=1":                 {barrier: true},
		"FDSTORE=1\nFDNAME=x":       {store: true},
		"FDSTOREREMOVE=1\nFDNAME=x": {store: true},
		"ERRNO=x\nREADY=1\nERRNO=3": {Notice: check.Notice{Ready: true}, problem: `"ERRNO=x"`},
	} {
		got, err := parse([]byte(text))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %+v, %v; want %+v", text, got, err, want)
		}
	}
	for text, want := range map[string]error{
		"STATUS=" + strings.Repeat("x", longest): errTooLong,
		"READY=1\x00STATUS=x":                    errNUL,
		"\x00\x00":                               errNUL,
	} {
		if _, err := parse([]byte(text)); err != want {
			t.Errorf("%.20q: %v, want %v", text, err, want)
		}
	}
	long, err := parse([]byte("STATUS=" + strings.Repeat("ä", 1000)))
	if err != nil || *long.Status != strings.Repeat("ä", 512) {
		t.Errorf("a long status: %+v, %v", long, err)
	}
}

// FuzzParse: nothing that is accepted can hurt a terminal, overflow a deadline, or be
// larger than it was.
func FuzzParse(f *testing.F) {
	for _, text := range []string{
		"READY=1\nSTATUS=Processing requests...\nMAINPID=4711", "RELOADING=1\nMONOTONIC_USEC=1", "STOPPING=1", "ERRNO=2\nSTATUS=x: No such file",
		"WATCHDOG=1", "WATCHDOG=trigger", "WATCHDOG_USEC=20000000", "EXTEND_TIMEOUT_USEC=5000000", "BARRIER=1", "FDSTORE=1\nFDNAME=a", "STATUS=\xc3",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := parse(data)
		if err != nil {
			if !reflect.DeepEqual(m, message{}) {
				t.Errorf("%q: %v, and yet %+v", data, err, m)
			}
			return
		}
		if m.Status != nil {
			if len(*m.Status) > longestStatus || !utf8.ValidString(*m.Status) || strings.ContainsFunc(*m.Status, unicode.IsControl) {
				t.Errorf("%q: status %q", data, *m.Status)
			}
		}
		for _, d := range []time.Duration{m.Monotonic, m.Extend} {
			if d < 0 || d > longestSpan {
				t.Errorf("%q: a time of %v", data, d)
			}
		}
		if m.Period != nil && (*m.Period < 0 || *m.Period > longestSpan) || m.MainPid < 0 || m.Errno != nil && *m.Errno < 0 {
			t.Errorf("%q: %+v", data, m)
		}
		if strings.ContainsFunc(m.problem, unicode.IsControl) {
			t.Errorf("%q: problem %q", data, m.problem)
		}
	})
}

func TestEnvironment(t *testing.T) {
	vars := []string{"A=1", "NOTIFY_SOCKET=/run/systemd/notify", "NOTIFY_SOCKETS=x", "WATCHDOG_USEC=1", "WATCHDOG_PID=1", "LISTEN_FDS=1"}
	if got := Inherited(vars); !reflect.DeepEqual(got, []string{"A=1", "NOTIFY_SOCKETS=x", "LISTEN_FDS=1"}) || vars[1] != "NOTIFY_SOCKET=/run/systemd/notify" {
		t.Errorf("inherited: %q of %q", got, vars)
	}
	if got := Variables("@a", 0); !reflect.DeepEqual(got, []string{"NOTIFY_SOCKET=@a"}) {
		t.Errorf("without a watchdog: %q", got)
	}
	if got := Variables("@a", 30*time.Second); !reflect.DeepEqual(got, []string{"NOTIFY_SOCKET=@a", "WATCHDOG_USEC=30000000"}) {
		t.Errorf("with a watchdog: %q", got)
	}
}
