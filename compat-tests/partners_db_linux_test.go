package compat

import (
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// cluster is a database that belongs to the user postgres, in the folder pg of an
// instance.
type cluster struct {
	in  *instance
	bin string // the folder with its programs
}

// postgresBin returns the folder with the programs of PostgreSQL.
func postgresBin(t *testing.T) string {
	t.Helper()
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	_, err := user.Lookup("postgres")
	switch {
	case os.Getuid() != 0:
		t.Skip("only root can start programs as postgres")
	case len(found) == 0 || err != nil:
		t.Skip("postgresql is not installed")
	}
	return found[len(found)-1]
}

// newCluster makes the database.
func newCluster(in *instance, bin string) *cluster {
	in.t.Helper()
	u, err := user.Lookup("postgres")
	in.must(err)
	uid, _ := strconv.Atoi(u.Uid)
	in.must(os.Mkdir(in.path("pg"), 0o755))
	in.must(os.Chown(in.path("pg"), uid, -1))
	c := &cluster{in, bin}
	if out, err := c.run("initdb", "-A", "trust", "--no-sync", "-D", in.path("pg/data")); err != nil {
		in.t.Fatalf("initdb: %v\n%s", err, out)
	}
	return c
}

// run runs one of its programs as the user postgres.
func (c *cluster) run(program string, args ...string) (string, error) {
	args = append([]string{"-u", "postgres", "--", c.bin + "/" + program}, args...)
	cmd := exec.Command(installed(c.in.t, "runuser"), args...)
	cmd.Dir = c.in.dir
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// query returns what a query answers.
func (c *cluster) query(sql string) (string, error) {
	return c.run("psql", "-qAt", "-h", c.in.path("pg"), "-c", sql)
}

func (c *cluster) answers() error {
	if out, err := c.query("select 1"); err != nil || out != "1\n" {
		return fmt.Errorf("psql: %q, %w", out, err)
	}
	return nil
}

// TestPostgres: started through runuser, the process that notifies is not the child.
func TestPostgres(t *testing.T) {
	bin, runuser := postgresBin(t), installed(t, "runuser")
	in := hostile(t, fmt.Sprintf(`
[program:postgres]
command=%s postgres -s /bin/sh -c "exec %s/postgres -D {{.Dir}}/pg/data -k {{.Dir}}/pg -c listen_addresses= -c fsync=off"
ready=notify
health=exec:%s/pg_isready -q -h {{.Dir}}/pg
health_interval=100ms
startretries=30
autostart=false
`, runuser, bin, bin))
	db := newCluster(in, bin)
	in.mustStart()
	if _, err := in.call("supervisor.startProcess", "postgres"); err != nil {
		t.Fatalf("%v: %s\n%s", err, in.spawnErr("postgres"), in.output("postgres"))
	}
	in.must(db.answers())
	in.awaitLog("healthy: postgres")
	processes := family(in.pidOf("postgres"))
	if len(processes) < 3 {
		t.Fatalf("only processes %v", processes)
	}
	// runuser takes the status over. It stops when its child does, so nothing else of slay.
	in.must(syscall.Kill(processes[1], syscall.SIGKILL))
	in.awaitLog("exited: postgres (exit status 137; not expected)")
	in.awaitAnother("postgres", processes[0])
	in.must(db.answers())
	in.stopPartner("postgres")
}

// TestPostgresWithApplication: a migration between a database and an application.
func TestPostgresWithApplication(t *testing.T) {
	bin := postgresBin(t)
	in := hostile(t, strings.ReplaceAll(`
[program:app]
command=/bin/sh -c "BIN/psql -q -h {{.Dir}}/pg -c 'insert into visits values (1)' && exec cat"
user=postgres
priority=1
startsecs=0
autorestart=false
depends_on=postgres, migrate:done
on_dependency=restart
[program:migrate]
command=BIN/psql -q -h {{.Dir}}/pg -c "create table if not exists visits (n int)"
user=postgres
priority=2
oneshot=true
depends_on=postgres
[program:postgres]
command=BIN/postgres -D {{.Dir}}/pg/data -k {{.Dir}}/pg -c listen_addresses= -c fsync=off
user=postgres
priority=3
ready=notify
stopsignal=INT
startretries=30
`, "BIN", bin))
	db := newCluster(in, bin)
	visits := func() string {
		out, _ := db.query("select count(*) from visits")
		return out
	}
	in.mustStart()
	in.await("a visit", func() bool { return visits() == "1\n" })
	in.wantInLog("spawned: 'postgres'", "ready: postgres", "spawned: 'migrate'", "exited: migrate (exit status 0; expected)", "spawned: 'app'")
	// The database is killed: the application is restarted when it is back, not before.
	in.must(syscall.Kill(in.pidOf("postgres"), syscall.SIGKILL))
	in.await("another visit", func() bool { return visits() == "2\n" })
	in.wantInLog("exited: postgres", "ready: postgres", "stopped: app", "spawned: 'app'")
	if n := len(in.spawns("app")); n != 2 {
		t.Errorf("%d starts of the application, want 2\n%s", n, in.read("supervisord.log"))
	}
	// A start of the application starts what it needs.
	for _, name := range []string{"app", "postgres"} {
		if _, err := in.call("supervisor.stopProcess", name); err != nil {
			t.Fatal(err)
		}
	}
	in.wantStart("app", "")
	if s := in.state("postgres"); s != "RUNNING" {
		t.Errorf("the application was started while postgres is %s", s)
	}
	in.await("a third visit", func() bool { return visits() == "3\n" })
	in.stopDaemon()
	if got := in.stops(); !slices.Equal(got[len(got)-2:], []string{"app", "postgres"}) {
		t.Errorf("they stopped in the order %v", got)
	}
}

// wantInLog fails the test unless the main log has lines with the texts in that order.
func (in *instance) wantInLog(texts ...string) {
	in.t.Helper()
	log := in.read("supervisord.log")
	rest := log
	for _, text := range texts {
		_, after, ok := strings.Cut(rest, text)
		if !ok {
			in.t.Errorf("no %q after what comes before in %q\n%s", text, texts, log)
			return
		}
		rest = after
	}
}
