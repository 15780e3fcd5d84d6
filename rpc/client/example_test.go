package client_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"time"

	"reeve/rpc/api"
	"reeve/rpc/client"
)

// Connect over a unix socket, as supervisorctl does, and list all processes.
func Example() {
	d := startDaemon() // stands in for a supervisord whose socket is d.socket
	defer d.stop()

	c, err := client.New("unix://"+d.socket, nil)
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()

	infos, err := c.AllProcessInfo(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	for _, p := range infos {
		fmt.Printf("%s:%s is %s\n", p.Group, p.Name, p.StateName)
	}
	// Output:
	// web:web_00 is RUNNING
	// web:web_01 is RUNNING
	// worker:worker is STOPPED
}

// Connect over HTTP with a name and a password.
func ExampleNew_password() {
	d := startDaemon()
	defer d.stop()

	c, err := client.New("http://"+d.address, &client.Credentials{Username: "admin", Password: "secret"})
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	version, err := c.APIVersion(context.Background())
	fmt.Println(version, err)

	// A wrong password is an error of HTTP: no call was made.
	c, err = client.New("http://"+d.address, &client.Credentials{Username: "admin", Password: "guess"})
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	_, err = c.APIVersion(context.Background())
	if refused, ok := errors.AsType[*client.HTTPError](err); ok {
		fmt.Println(refused.Code, refused.Reason)
	}
	// Output:
	// 3.0 <nil>
	// 401 Unauthorized
}

// Start a process and stop it again, each time waiting until that is done, but for no
// longer than a minute.
func ExampleClient_Start() {
	d := startDaemon()
	defer d.stop()
	c, err := client.New("unix://"+d.socket, nil)
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()

	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := c.Start(ctx, "worker", true); err != nil {
		log.Fatal(err)
	}
	info, err := c.ProcessInfo(ctx, "worker")
	fmt.Println(info.StateName, err)

	if err := c.Stop(ctx, "worker", true); err != nil {
		log.Fatal(err)
	}
	info, err = c.ProcessInfo(ctx, "worker")
	fmt.Println(info.StateName, err)
	// Output:
	// RUNNING <nil>
	// STOPPED <nil>
}

// Stop all processes of a group. If one of them can't be stopped, its result says so; the
// call itself succeeds.
func ExampleClient_StopGroup() {
	d := startDaemon()
	defer d.stop()
	c, err := client.New("unix://"+d.socket, nil)
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()

	results, err := c.StopGroup(context.Background(), "web", true)
	if err != nil {
		log.Fatal(err)
	}
	for _, r := range results {
		fmt.Printf("%s:%s %s\n", r.Group, r.Name, api.CodeName(r.Status))
	}
	// Output:
	// web:web_00 SUCCESS
	// web:web_01 SUCCESS
}

// Follow the log of a process until a line shows what was waited for.
func ExampleClient_Follow() {
	d := startDaemon()
	defer d.stop()
	c, err := client.New("unix://"+d.socket, nil)
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()

	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	r, w := io.Pipe()
	defer r.Close()
	go func() {
		w.CloseWithError(c.Follow(ctx, client.ProcessLogPath("web:web_00", "stdout"), w))
	}()
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		fmt.Println(lines.Text())
		if lines.Text() == "ready" {
			cancel()
			break
		}
	}
	// Output:
	// starting
	// listening on port 8080
	// ready
}

// A Fault is the daemon's refusal; its code says why.
func ExampleFault() {
	d := startDaemon()
	defer d.stop()
	c, err := client.New("unix://"+d.socket, nil)
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()

	for _, name := range []string{"web:web_00", "wrok"} {
		err := c.Start(context.Background(), name, true)
		switch fault, ok := errors.AsType[*client.Fault](err); {
		case err == nil:
			fmt.Println(name, "was started")
		case ok && fault.Code == api.AlreadyStarted:
			fmt.Println(name, "was running already")
		case ok:
			fmt.Println("refused:", fault.Text)
		default:
			fmt.Println("the daemon could not be asked:", err)
		}
	}
	// Output:
	// web:web_00 was running already
	// refused: BAD_NAME: wrok
}

// The Kind of a TransportError says why there is no daemon to talk to.
func ExampleTransportError() {
	c, err := client.New("unix:///nonexistent/supervisor.sock", nil)
	if err != nil {
		log.Fatal(err)
	}
	err = c.Start(context.Background(), "worker", true)
	if t, ok := errors.AsType[*client.TransportError](err); ok && t.Kind == client.NoSuchFile {
		fmt.Println("supervisord is not running")
	}
	// Output:
	// supervisord is not running
}

// Make several calls in one request, which the daemon carries out in order.
func ExampleClient_Multicall() {
	d := startDaemon()
	defer d.stop()
	c, err := client.New("unix://"+d.socket, nil)
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()

	values, err := c.Multicall(context.Background(), []client.Step{
		{Method: "supervisor.getIdentification"},
		{Method: "supervisor.stopProcess", Args: []any{"worker"}},
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, v := range values {
		fmt.Println(v)
	}
	// Output:
	// example
	// fault 70: NOT_RUNNING: worker
}
