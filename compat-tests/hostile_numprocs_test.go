package compat

import (
	"fmt"
	"strings"
	"testing"
)

// TestHostileNumprocs checks that a number of processes that would use up the machine's
// memory is refused, in the file and from a client. The numbers here are just above the
// limit, so that the test finds a daemon without a limit but does no damage.
func TestHostileNumprocs(t *testing.T) {
	in := hostile(t, "[rpcinterface:twiddler]\nsupervisor.rpcinterface_factory=supervisor_twiddler.rpcinterface:make_twiddler_rpcinterface\n")
	const refused = "numprocs value '100001' is above upper bound (100000) in section 'program:many' (file: '%s')"
	program := map[string]any{"command": "/bin/cat", "autostart": "false", "numprocs": "100001", "process_name": "%(process_num)d"}
	in.mustStart()
	file := in.path("supervisord.conf")
	_, err := in.call("twiddler.addProgramToGroup", "other", "many", program)
	if want := fmt.Sprintf(refused, file); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("the client got %v, want %q", err, want)
	}
	in.served()
	var config strings.Builder
	config.WriteString(in.read("supervisord.conf") + "\n[program:many]\n")
	for key, value := range program {
		fmt.Fprintf(&config, "%s=%s\n", key, value)
	}
	if err := in.write("many.conf", config.String()); err != nil {
		t.Fatal(err)
	}
	cmd := in.command(ours.daemon, "-n", "-c", in.path("many.conf"), "-j", in.path("other.pid"))
	out, _ := cmd.CombinedOutput()
	want := "Error: " + fmt.Sprintf(refused, in.path("many.conf")) + "\n"
	if !strings.HasPrefix(string(out), want) || exitText(cmd) != "exit 2" {
		t.Errorf("%s, %.300q, want %q", exitText(cmd), out, want)
	}
	in.stopDaemon()
}
