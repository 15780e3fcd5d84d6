package pytext

import (
	"encoding/hex"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"unicode"
)

// script answers each line of its input, a text in hexadecimal, with the value of an
// expression.
const script = `
import sys, os, errno, unicodedata
for line in sys.stdin:
    data = bytes.fromhex(line)
    text = data.decode('utf-8', 'surrogateescape')
    try:
        answer = EXPRESSION
    except (ValueError, KeyError) as e:
        answer = type(e).__name__
    sys.stdout.buffer.write(answer.encode('utf-8', 'surrogateescape').hex().encode() + b'\n')
`

// check compares the result of ours for each text with that of the Python expression.
func check(t *testing.T, expression string, texts []string, ours func(string) string) {
	t.Helper()
	path, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("no python3 to compare with")
	}
	var input strings.Builder
	for _, text := range texts {
		fmt.Fprintln(&input, hex.EncodeToString([]byte(text)))
	}
	cmd := exec.Command(path, "-c", strings.Replace(script, "EXPRESSION", expression, 1))
	cmd.Stdin = strings.NewReader(input.String())
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
	if len(lines) != len(texts) {
		t.Fatalf("%d answers to %d questions", len(lines), len(texts))
	}
	wrong := 0
	for i, line := range lines {
		want, err := hex.DecodeString(line)
		if err != nil {
			t.Fatal(err)
		}
		if got := ours(texts[i]); got != string(want) && wrong < 20 {
			wrong++
			t.Errorf("%s of %q: got %q, want %q", expression, texts[i], got, want)
		}
	}
}

// mixed returns n random concatenations of pieces, and each piece alone.
func mixed(pieces []string, n int) []string {
	r := rand.New(rand.NewPCG(1, 2))
	texts := make([]string, n)
	for i := range texts {
		for range r.IntN(7) {
			texts[i] += pieces[r.IntN(len(pieces))]
		}
	}
	return append(texts, pieces...)
}

func TestReprAsPython(t *testing.T) {
	texts := mixed([]string{
		"a", "'", `"`, `\`, "\n", "\r", "\t", "\x00", "\x1b", "\x7f", "\u0085", "\u00a0", "\u00ad", "é", "€", "\u2028", "😀", "\ufeff",
		"\U000e0001", "\xff", "\x80", "\xc3", "\xed\xa0\x80", "\ufffd",
	}, 1000)
	check(t, "repr(text)", texts, Repr)
	check(t, "ascii(text)", texts, func(text string) string { return ASCII(Repr(text)) })
	check(t, "text.encode('utf-8', 'backslashreplace').decode()", texts, Stderr)
	check(t, "repr(data)", texts, func(text string) string { return BytesRepr([]byte(text)) })
}

func TestIntegerAsPython(t *testing.T) {
	texts := mixed([]string{
		"1", "0", "7", "_", "-", "+", " ", "\n", "\x1c", "\u00a0", "x", ".", "１", "٣", "\U0001d7d8", "²", "\x00",
	}, 3000)
	for r := range rune(unicode.MaxRune) {
		if unicode.Is(unicode.Nd, r) {
			texts = append(texts, string(r))
		}
	}
	// A digit that this Python does not know yet is skipped.
	check(t, "'new' if any(unicodedata.category(c) == 'Cn' for c in text) else str(int(text))", texts, func(text string) string {
		digits, ok := Integer(text)
		n, _ := new(big.Int).SetString(digits, 10)
		switch {
		case strings.ContainsFunc(text, func(r rune) bool { return !knownDigit(r) }):
			return "new"
		case !ok:
			return "ValueError"
		}
		return n.String()
	})
}

// knownDigit reports whether Python 3.11 knows a digit: it has Unicode 14, without the
// digits of version 15 and later.
func knownDigit(r rune) bool {
	return r < 0x10000 || r < 0x11f50 || r > 0x11f59 && r < 0x1e4f0 || r > 0x1e4f9
}

func TestFloatAsPython(t *testing.T) {
	var texts []string
	for _, f := range []float64{0, math.Copysign(0, -1), 1, 0.1, 1e15, 1e16, 123456789012345680, 1e-4, 1e-5, 1.5e300, 5e-324, math.Inf(1), math.Inf(-1)} {
		texts = append(texts, strconv.FormatFloat(f, 'g', -1, 64))
	}
	r := rand.New(rand.NewPCG(3, 4))
	for range 500 {
		texts = append(texts, strconv.FormatFloat(math.Float64frombits(r.Uint64()), 'g', -1, 64))
	}
	check(t, "repr(float(text))", texts, func(text string) string {
		f, err := strconv.ParseFloat(text, 64)
		if err != nil {
			t.Fatal(err)
		}
		return string(AppendFloat(nil, f))
	})
}

func TestErrnoAsPython(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the texts are those of glibc")
	}
	var texts []string
	for n := 1; n < 133; n++ {
		texts = append(texts, strconv.Itoa(n))
	}
	number := func(text string) syscall.Errno {
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal(err)
		}
		return syscall.Errno(n)
	}
	check(t, "str(OSError(int(text), os.strerror(int(text))))", texts, func(text string) string { return OSError(number(text)) })
	check(t, "errno.errorcode.get(int(text), text)", texts, func(text string) string { return ErrnoName(number(text)) })
}

// FuzzRepr: a repr is printable and never splits a message into lines.
func FuzzRepr(f *testing.F) {
	for _, seed := range []string{"", "a'b", "\n", "\xff", "é\u2028"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if r := Repr(text); strings.ContainsFunc(r, func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Errorf("repr of %q is %q", text, r)
		}
		if a := ASCII(Repr(text)); strings.ContainsFunc(a, func(r rune) bool { return r >= 0x7f }) {
			t.Errorf("ascii of %q is %q", text, a)
		}
		if digits, ok := Integer(text); ok {
			if _, good := new(big.Int).SetString(digits, 10); !good {
				t.Errorf("%q reads as %q, which is no number", text, digits)
			}
		}
	})
}
