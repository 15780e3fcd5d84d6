"""An event listener that does what the documentation of supervisord-dependent-startup says.

It takes the place of that plug-in, which is not in Debian, where reeve's own work is
compared with it: programs with dependent_startup=true are started once the programs in
their dependent_startup_wait_for have reached one of the states named there, those with a
smaller priority first. It ends with 0 when each has been RUNNING or FATAL, and with 3 if
something goes wrong.
"""
import configparser
import os
import sys

from supervisor import childutils


class Program:
    def __init__(self, name, section):
        self.name = name
        self.priority = section.getint('priority', 999)
        self.wait_for = []
        for item in section.get('dependent_startup_wait_for', '').split():
            other, _, states = item.partition(':')
            self.wait_for.append((other, (states or 'running').upper().split(',')))
        self.dependent = section.getboolean('dependent_startup', False)
        count = section.getint('numprocs', 1)
        self.processes = [section.get('process_name', name) % {'process_num': n} for n in range(count)]
        self.reached = {process: set() for process in self.processes}

    def has_been(self, states):
        return any(all(state in seen for seen in self.reached.values()) for state in states)


def read(path):
    parser = configparser.RawConfigParser(strict=False, inline_comment_prefixes=(';',))
    parser.read(path)
    programs = {}
    for title in parser.sections():
        kind, _, name = title.partition(':')
        if kind == 'program':
            programs[name] = Program(name, parser[title])
    return programs


def start_what_can(programs, supervisor):
    states = {p['name']: p['statename'] for p in supervisor.getAllProcessInfo()}
    waiting = [p for p in programs.values() if p.dependent and not p.has_been(['RUNNING', 'FATAL'])]
    for program in sorted(waiting, key=lambda p: (p.priority, p.name)):
        if any(states[p] in ('STARTING', 'RUNNING', 'BACKOFF', 'FATAL') for p in program.processes):
            continue
        if all(programs[other].has_been(wanted) for other, wanted in program.wait_for):
            for process in program.processes:
                supervisor.startProcess('%s:%s' % (program.name, process), False)
    return bool(waiting)


def main():
    programs = read(sys.argv[sys.argv.index('-c') + 1])
    supervisor = childutils.getRPCInterface(os.environ).supervisor
    more = True
    while more:
        headers, payload = childutils.listener.wait(sys.stdin, sys.stdout)
        process = childutils.get_headers(payload.split('\n')[0])['processname']
        for program in programs.values():
            if process in program.reached:
                program.reached[process].add(headers['eventname'].replace('PROCESS_STATE_', ''))
        more = start_what_can(programs, supervisor)
        childutils.listener.ok(sys.stdout)


if __name__ == '__main__':
    try:
        main()
    except Exception as error:
        sys.stderr.write('%r\n' % error)
        sys.exit(3)
