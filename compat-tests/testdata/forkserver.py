"""Runs the oracle's two programs without importing them anew each time.

Python needs 150 ms to import supervisor, and the scripts call supervisorctl a
thousand times. This process imports once; each connection to the socket named
in argv[1] brings three descriptors and a request, and gets a fork of this
process that is what a fresh interpreter would be after its imports. The reply
is "pid N", then "exit N" or "signal N". It ends when its own stdin does.
"""
import json
import os
import select
import signal
import socket
import sys
import traceback

import supervisor.supervisorctl
import supervisor.supervisord

MAINS = {
    'supervisorctl': supervisor.supervisorctl.main,
    'supervisord': supervisor.supervisord.main,
}


def run(request):
    """The program itself: never returns."""
    status = 1
    try:
        os.chdir(request['dir'])
        os.environ.clear()
        os.environ.update(pair.split('=', 1) for pair in request['env'])
        sys.argv = request['args']
        status = MAINS[os.path.basename(sys.argv[0])]() or 0
    except SystemExit as e:
        status = e.code if isinstance(e.code, int) else 0 if e.code is None else 1
    except BaseException:
        traceback.print_exc()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(status)


def serve(conn):
    """One request, in a process of its own."""
    data, fds, _, _ = socket.recv_fds(conn, 1 << 20, 3)
    while not data.endswith(b'\n'):
        more = conn.recv(1 << 20)
        if not more:
            return
        data += more
    pid = os.fork()
    if pid == 0:
        conn.close()
        for i, fd in enumerate(fds):
            os.dup2(fd, i)
        os.closerange(3, 64)
        run(json.loads(data))
    for fd in fds:
        os.close(fd)
    conn.sendall(b'pid %d\n' % pid)
    _, status = os.waitpid(pid, 0)
    if os.WIFSIGNALED(status):
        conn.sendall(b'signal %d\n' % os.WTERMSIG(status))
    else:
        conn.sendall(b'exit %d\n' % os.WEXITSTATUS(status))


def main():
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(sys.argv[1])
    listener.listen(64)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    while True:
        ready, _, _ = select.select([listener, 0], [], [])
        if 0 in ready:
            return
        conn, _ = listener.accept()
        if os.fork() == 0:
            listener.close()
            try:
                serve(conn)
            finally:
                os._exit(0)
        conn.close()
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            pass


main()
