# What testinfra's module reports: services.py SUPERVISORCTL CONFIG
import sys

import testinfra

ctl, conf = sys.argv[1:]
host = testinfra.get_host("local://")


def show(name, services):
    try:
        for service in services():
            print(name, service.name, service.status, service.is_running, service.pid is not None)
    except (AssertionError, RuntimeError) as err:
        print(name, type(err).__name__, err)


# While anything is stopped, `status` exits with 3 and the list is refused, under both.
show("all", lambda: host.supervisor.get_services(ctl, conf))
for name in ("web", "manual", "once", "broken", "worker:worker_01", "pair:left", "nosuch"):
    show(name, lambda: [host.supervisor(name, ctl, conf)])
