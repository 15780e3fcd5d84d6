package client

import (
	"reflect"
	"strings"
	"testing"

	"github.com/kolo/xmlrpc"
)

const oneInfo = "<value><struct>\n<member>\n<name>name</name>\n<value><string>a</string></value>\n</member>\n<member>\n<name>pid</name>\n" +
	"<value><int>-7</int></value>\n</member>\n<member>\n<name>spawnerr</name>\n<value><string></string></value>\n</member>\n<member>\n" +
	"<name>description</name>\n<value><string>pid 7, ü\n 1</string></value>\n</member>\n<member>\n<name>new</name>\n<value><int>1</int></value>\n" +
	"</member>\n</struct></value>\n"

func infosReply(values string) string {
	return "<?xml version='1.0'?>\n<methodResponse>\n<params>\n<param>\n<value><array><data>\n" + values +
		"</data></array></value>\n</param>\n</params>\n</methodResponse>\n"
}

// TestFastAgrees checks that where the fast reader accepts a reply, the general decoder
// returns the same.
func TestFastAgrees(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		reply string
		fast  bool
	}{
		{infosReply(""), true},
		{infosReply(oneInfo), true},
		{infosReply(oneInfo + strings.ReplaceAll(oneInfo, ">a<", ">b<")), true},
		{infosReply(strings.ReplaceAll(oneInfo, ">a<", ">a&amp;b<")), false},
		{infosReply(strings.ReplaceAll(oneInfo, ">a<", ">a\x01b<")), false},
		{infosReply(strings.ReplaceAll(oneInfo, ">a<", ">a\uFFFEb<")), false},
		{infosReply(strings.ReplaceAll(oneInfo, ">a<", ">a\uFF41b<")), true},
		{infosReply(strings.ReplaceAll(oneInfo, "<int>1</int>", "<boolean>1</boolean>")), false},
		{infosReply(strings.ReplaceAll(oneInfo, ">-7<", ">x<")), false},
		{strings.TrimSuffix(infosReply(oneInfo), "</methodResponse>\n"), false},
	} {
		fast, ok := fastProcessInfos(test.reply)
		if ok != test.fast {
			t.Errorf("answered %v:\n%s", ok, test.reply)
		}
		if !ok {
			continue
		}
		var slow []ProcessInfo
		if err := xmlrpc.Response(test.reply).Unmarshal(&slow); err != nil || len(slow) != len(fast) || len(slow) > 0 && !reflect.DeepEqual(slow, fast) {
			t.Errorf("fast %+v, general %+v, %v", fast, slow, err)
		}
	}
}

func FuzzFast(f *testing.F) {
	f.Add(oneInfo)
	f.Add("")
	f.Fuzz(func(t *testing.T, values string) {
		reply := infosReply(values)
		fast, ok := fastProcessInfos(reply)
		if !ok {
			return
		}
		var slow []ProcessInfo
		if err := xmlrpc.Response(wellFormed(reply)).Unmarshal(&slow); err != nil {
			t.Skipf("the general decoder is stricter: %v", err)
		}
		if len(slow) != len(fast) || len(slow) > 0 && !reflect.DeepEqual(slow, fast) {
			t.Errorf("fast %+v, general %+v of %q", fast, slow, reply)
		}
	})
}
