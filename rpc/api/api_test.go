package api

import (
	"reflect"
	"testing"

	kolo "github.com/kolo/xmlrpc"

	"reeve/rpc/xmlrpc"
)

// An independent decoder reads what a struct writes into the same struct: no member is
// forgotten or misspelt on either side.
func TestRoundTrips(t *testing.T) {
	config := ConfigInfo{Autorestart: "unexpected", UID: int64(33), ExitCodes: []int{0, 2}}
	fill(reflect.ValueOf(&config).Elem())
	roundTrip(t, ConfigInfos{config}, []ConfigInfo{config})
	process := ProcessInfo{}
	fill(reflect.ValueOf(&process).Elem())
	roundTrip(t, &process, process)
	seen := Process{}
	fill(reflect.ValueOf(&seen.ProcessInfo).Elem())
	fill(reflect.ValueOf(&seen.Attributes).Elem())
	fill(reflect.ValueOf(&seen.LastExit).Elem())
	roundTrip(t, &seen, seen.ProcessInfo)
	roundTrip(t, &seen, seen.Attributes)
	result := Result{}
	fill(reflect.ValueOf(&result).Elem())
	need := OrderNeed{}
	fill(reflect.ValueOf(&need).Elem())
	node := OrderNode{Processes: []string{"a", "b"}, Needs: []OrderNeed{need, need}}
	fill(reflect.ValueOf(&node).Elem())
	roundTrip(t, OrderNodes{node, node}, []OrderNode{node, node})
	step := BootStep{}
	fill(reflect.ValueOf(&step).Elem())
	boot := Boot{Path: []BootStep{step}, Steps: []BootStep{step, step}, Missing: []string{"c"}}
	fill(reflect.ValueOf(&boot).Elem())
	roundTrip(t, &boot, boot)
	key := PlanKey{}
	fill(reflect.ValueOf(&key).Elem())
	entry := PlanEntry{Keys: []PlanKey{key, key}}
	fill(reflect.ValueOf(&entry).Elem())
	roundTrip(t, Plan{entry, entry}, []PlanEntry{entry, entry})
	roundTrip(t, Results{result, result}, []Result{result, result})
	changes := Changes{Added: []string{"a", "b"}, Changed: []string{"c"}, Removed: []string{"d"}}
	roundTrip(t, changes, [][][]string{{changes.Added, changes.Changed, changes.Removed}})
}

// fill gives each field that is still zero a value of its own.
func fill(v reflect.Value) {
	for i := range v.NumField() {
		switch f := v.Field(i); f.Kind() {
		case reflect.String:
			f.SetString(v.Type().Field(i).Name + " <&>")
		case reflect.Int, reflect.Int64:
			f.SetInt(int64(i + 1))
		case reflect.Float64:
			f.SetFloat(float64(i) + 0.25)
		case reflect.Bool:
			f.SetBool(true)
		}
	}
}

func roundTrip[T any](t *testing.T, from xmlrpc.Value, want T) {
	t.Helper()
	var got T
	if err := kolo.Response(xmlrpc.AppendReply(nil, from)).Unmarshal(&got); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}
