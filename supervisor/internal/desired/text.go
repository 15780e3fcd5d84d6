package desired

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"slices"
	"strings"
)

// The text of a state file is a line and JSON for people to read:
//
//	reeve-state 1 crc32c=8e2f5a41
//	{
//	  "disabled": ["web:*"]
//	}
//
// 1 is the version of the format. The checksum, eight digits, is the CRC-32C of all that
// follows the line. What is cut off, changed by hand or of another version is refused as a
// whole: half of a desired state is worse than none.
const (
	magic   = "reeve-state"
	version = 1
)

// MaxText is the longest text that is read.
const MaxText = 16 << 20

// MaxCount is the highest count of a Scale.
const MaxCount = 100_000

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Encode returns the text of s.
func (s *State) Encode() []byte {
	body, _ := json.MarshalIndent(s, "", "  ") // can't fail: it is texts and numbers
	body = append(body, '\n')
	return append([]byte(head(body)), body...)
}

func head(body []byte) string {
	return fmt.Sprintf("%s %d crc32c=%08x\n", magic, version, crc32.Checksum(body, castagnoli))
}

// Decode reads what Encode wrote. The error says what is wrong with the text.
func Decode(text []byte) (State, error) {
	line, body, whole := bytes.Cut(text, []byte("\n"))
	var format int
	var sum uint32
	if !bytes.HasPrefix(line, []byte(magic+" ")) {
		return State{}, errors.New("it is not a state file")
	}
	_, err := fmt.Sscanf(string(line), magic+" %d crc32c=%08x", &format, &sum)
	switch {
	case format > version:
		return State{}, fmt.Errorf("it has format %d, of a newer version", format)
	case err != nil || !whole || format < version:
		return State{}, errors.New("its first line is damaged")
	case string(line)+"\n" != head(body):
		return State{}, errors.New("its checksum is wrong: it was cut off or changed")
	}
	var s State
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(&s); err != nil {
		return State{}, fmt.Errorf("cannot read its JSON: %w", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return State{}, errors.New("something follows its JSON")
	}
	return s, s.check()
}

// check puts the lists in order, and says what can't be meant.
func (s *State) check() error {
	for _, list := range []*[]string{&s.Disabled, &s.Stopped} {
		for _, name := range *list {
			if group, process, ok := strings.Cut(name, ":"); !ok || group == "" || process == "" {
				return fmt.Errorf("%q is not the name of a process", name)
			}
		}
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
	for _, c := range s.Scaled {
		if c.Group == "" || c.Program == "" || c.Count < 1 || c.Count > MaxCount {
			return fmt.Errorf("program %q of group %q can't be scaled to %d", c.Program, c.Group, c.Count)
		}
	}
	slices.SortStableFunc(s.Scaled, compareScales)
	s.Scaled = slices.CompactFunc(s.Scaled, func(a, b Scale) bool { return compareScales(a, b) == 0 })
	return nil
}
