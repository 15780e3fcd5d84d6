package rpc

import (
	"context"
	"time"

	"reeve/rpc/api"
	"reeve/supervisor/order"
)

func (s *Server) getGraph(ctx context.Context, _ Args) (any, error) {
	o, err := s.sup.Order(ctx)
	if err != nil {
		return nil, faultOf(err, "")
	}
	nodes := make(api.OrderNodes, len(o.Graph.Nodes))
	for i, n := range o.Graph.Nodes {
		nodes[i] = api.OrderNode{Name: n.Name, Processes: n.Processes}
		for _, e := range n.Needs {
			nodes[i].Needs = append(nodes[i].Needs, api.OrderNeed{
				Node: e.To, Name: o.Graph.Nodes[e.To].Name, Condition: e.Condition.String(),
			})
		}
	}
	return nodes, nil
}

func (s *Server) getBoot(ctx context.Context, _ Args) (any, error) {
	o, err := s.sup.Order(ctx)
	if err != nil {
		return nil, faultOf(err, "")
	}
	b := &api.Boot{Took: -1, Path: bootSteps(o.Boot.Path), Steps: bootSteps(o.Boot.Steps), Missing: o.Boot.Missing}
	if o.Boot.Took != order.Never {
		b.Took = seconds(o.Boot.Took)
	}
	return b, nil
}

func bootSteps(steps []order.Step) []api.BootStep {
	all := make([]api.BootStep, len(steps))
	for i, s := range steps {
		all[i] = api.BootStep{Name: s.Name, At: seconds(s.Started), Waited: seconds(s.Waited), Took: seconds(s.Took)}
	}
	return all
}

// seconds leaves out what is below a microsecond: nobody asks for that, and it would make
// long numbers.
func seconds(d time.Duration) float64 { return d.Round(time.Microsecond).Seconds() }
