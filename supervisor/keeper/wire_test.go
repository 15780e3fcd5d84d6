package keeper

import (
	"bytes"
	"testing"
)

func FuzzParse(f *testing.F) {
	f.Add((&message{kind: ended, pid: 12, status: 256}).bytes())
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := parse(b)
		if err != nil {
			if len(b) == size {
				t.Error(err)
			}
			return
		}
		again, err := parse(m.bytes())
		if again != m || err != nil {
			t.Errorf("%v became %v, %v", m, again, err)
		}
		if !bytes.Equal(again.bytes(), m.bytes()) {
			t.Error("two encodings of one message")
		}
	})
}
