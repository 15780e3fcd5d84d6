package main

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"reeve/rpc/api"
	"reeve/rpc/client"
	"reeve/supervisor/order"
)

// graph prints who waits for whom: as a tree, for graphviz, or as data.
func graph(ctx context.Context, c *ctl, arg string) error {
	rest, asJSON := takeFlag(strings.Fields(arg), "--json")
	rest, asDOT := takeFlag(rest, "--dot")
	if len(rest) > 0 || asJSON && asDOT {
		return c.usage("graph", "Error: graph accepts --dot or --json only", exitInvalidArgs)
	}
	nodes, err := c.rpc.Graph(ctx)
	if err != nil {
		return c.lacks("graph", err)
	}
	if asJSON {
		return printJSON(c.out, nodes)
	}
	g, err := graphOf(nodes)
	switch {
	case err != nil:
		return err
	case asDOT:
		c.out.text(g.DOT())
	default:
		c.out.text(g.Tree())
	}
	return nil
}

func graphOf(nodes []client.OrderNode) (g order.Graph, err error) {
	for _, n := range nodes {
		node := order.GraphNode{Name: n.Name, Processes: n.Processes}
		for _, need := range n.Needs {
			edge := order.GraphEdge{To: need.Node}
			if need.Node < 0 || need.Node >= len(nodes) {
				return order.Graph{}, &client.ReplyError{Method: "reeve.getGraph", Reason: "a node that does not exist"}
			}
			if err := edge.Condition.UnmarshalText([]byte(need.Condition)); err != nil {
				return order.Graph{}, &client.ReplyError{Method: "reeve.getGraph", Reason: err.Error()}
			}
			node.Needs = append(node.Needs, edge)
		}
		g.Nodes = append(g.Nodes, node)
	}
	if g.Circular() {
		return order.Graph{}, &client.ReplyError{Method: "reeve.getGraph", Reason: "a circle"}
	}
	return g, nil
}

// analyze prints what took how long at boot.
func analyze(ctx context.Context, c *ctl, arg string) error {
	rest, asJSON := takeFlag(strings.Fields(arg), "--json")
	if len(rest) > 0 {
		return c.usage("analyze", "Error: analyze accepts --json only", exitInvalidArgs)
	}
	boot, err := c.rpc.Boot(ctx)
	if err != nil {
		return c.lacks("analyze", err)
	}
	if asJSON {
		text, err := json.Marshal(boot)
		if err == nil {
			c.out.line(string(text))
		}
		return err
	}
	r := order.Report{Took: order.Never, Path: steps(boot.Path), Steps: steps(boot.Steps), Missing: boot.Missing}
	if boot.Took >= 0 {
		r.Took = duration(boot.Took)
	}
	c.out.text(r.String())
	return nil
}

func steps(from []client.BootStep) []order.Step {
	all := make([]order.Step, len(from))
	for i, s := range from {
		all[i] = order.Step{Name: s.Name, Started: duration(s.At), Waited: duration(s.Waited), Took: duration(s.Took)}
	}
	return all
}

func duration(seconds float64) time.Duration {
	return time.Duration(seconds * float64(time.Second)).Round(time.Microsecond)
}

// lacks explains a fault of a daemon that does not know a method of reeve.
func (c *ctl) lacks(verb string, err error) error {
	if client.FaultCode(err) != api.UnknownMethod {
		return err
	}
	c.out.failf("ERROR: %s needs a daemon with the namespace reeve: Supervisor's own does not have it, nor does an older reeve", verb)
	c.exit = exitUnimplemented
	return nil
}
