package rpc_test

import (
	"testing"
	"time"

	"reeve/rpc/xmlrpc"
	"reeve/supervisor"
	"reeve/supervisor/order"
)

// TestOrder: the graph and the boot as plain values.
func TestOrder(t *testing.T) {
	full := func(f *fake) {
		f.order.Graph.Nodes = []order.GraphNode{
			{Name: "db", Processes: []string{"db"}},
			{Name: "app", Processes: []string{"app:app_0", "app:app_1"}, Needs: []order.GraphEdge{{To: 0, Condition: order.Healthy}}},
		}
		f.order.Boot = order.Report{
			Took: 2500*time.Millisecond + 999,
			Path: []order.Step{{Name: "db:healthy", Took: 2 * time.Second}},
			Steps: []order.Step{
				{Name: "db:healthy", Took: 2 * time.Second},
				{Name: "app", Started: 2250 * time.Millisecond, Waited: 250 * time.Millisecond, Took: 250 * time.Millisecond},
			},
			Missing: []string{"broken"},
		}
	}
	idle := func(f *fake) { f.order.Boot.Took = order.Never }
	step := func(name string, at, waited, took float64) xmlrpc.Struct {
		return xmlrpc.Struct{{Name: "name", Value: name}, {Name: "at", Value: at}, {Name: "waited", Value: waited}, {Name: "took", Value: took}}
	}
	boot := func(took float64, path, steps, missing []any) xmlrpc.Struct {
		return xmlrpc.Struct{{Name: "took", Value: took}, {Name: "path", Value: path}, {Name: "steps", Value: steps}, {Name: "missing", Value: missing}}
	}
	node := func(name string, processes, needs []any) xmlrpc.Struct {
		return xmlrpc.Struct{{Name: "name", Value: name}, {Name: "processes", Value: processes}, {Name: "needs", Value: needs}}
	}
	db := step("db:healthy", 0, 0, 2)
	play(t, []scene{
		{"graph", "reeve.getGraph", nil, full, nil, []any{
			node("db", []any{"db"}, []any{}),
			node("app", []any{"app:app_0", "app:app_1"}, []any{xmlrpc.Struct{
				{Name: "node", Value: int64(0)},
				{Name: "name", Value: "db"},
				{Name: "condition", Value: "healthy"},
			}}),
		}},
		{"no process", "reeve.getGraph", nil, nil, nil, []any{}},
		{"boot", "reeve.getBoot", nil, full, nil, boot(2.500001, []any{db}, []any{db, step("app", 2.25, 0.25, 0.25)}, []any{"broken"})},
		{"nothing is up", "reeve.getBoot", nil, idle, nil, boot(-1, []any{}, []any{}, []any{})},
		{"ended", "reeve.getGraph", nil, fails(supervisor.ErrStopped), nil, faulted{6, "SHUTDOWN_STATE"}},
		{"ended", "reeve.getBoot", nil, fails(supervisor.ErrStopped), nil, faulted{6, "SHUTDOWN_STATE"}},
	})
}
