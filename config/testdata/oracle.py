"""Answers questions about Python and upstream for the tests: one JSON object per line in, one out."""
import configparser, getopt, glob, io, json, os, posixpath, shlex, sys, tempfile


def dialect(q):
    """How Python's parser reads a file, set up as upstream does."""
    p = configparser.RawConfigParser(strict=False, inline_comment_prefixes=(";", "#"))
    try:
        p.read_file(io.TextIOWrapper(io.BytesIO(q["text"].encode("latin-1")), encoding="utf-8"), source="s.conf")
    except ValueError as e:  # UnicodeDecodeError
        return {"error": str(e)}
    except configparser.Error as e:
        return {"error": str(e)}
    return {"sections": [[s, sorted([k, p.get(s, k)] for k in p.options(s))] for s in p.sections()]}


def expand(q):
    """The % operator, and upstream's words around its complaints."""
    names = {**q["texts"], **q["numbers"]}
    try:
        return {"text": q["text"] % names}
    except KeyError as e:
        return {"error": "Format string %r for %r contains names (%s) which cannot be expanded. Available names: %s"
                % (q["text"], q["label"], e, ", ".join(sorted(names)))}
    except Exception as e:
        return {"error": "Format string %r for %r is badly formatted: %s" % (q["text"], q["label"], e)}


def tokens(q):
    """The tokens of environment=, by the rules of the releases or by the newer ones."""
    lexer = shlex.shlex(q["text"], posix=q["posix"])
    lexer.wordchars += "/.+-():"
    try:
        return {"words": list(lexer)}
    except ValueError as e:
        return {"error": str(e)}


def words(q):
    try:
        return {"words": shlex.split(q["text"])}
    except ValueError as e:
        return {"error": str(e)}


def value(q):
    """One of upstream's readers of values."""
    from supervisor import datatypes
    try:
        v = getattr(datatypes, q["reader"])(q["text"])
    except (ValueError, TypeError, AttributeError) as e:
        return {"error": str(e)}
    if q["reader"] == "signal_number":
        v = int(v)
    return {"value": None if q["reader"] == "auto_restart" else v}


def environ(q):
    os.environ.clear()
    os.environ.update(q["environ"])
    return {}


def python(q):
    """Small functions of Python."""
    f = {"repr": repr, "ascii": ascii, "dirname": posixpath.dirname, "expanduser": posixpath.expanduser,
         "glob": lambda p: sorted(glob.glob(p)), "integer": lambda t: int(t) if t[1:].isdecimal() else -1}[q["function"]]
    return {"value": f(q["text"])}


def options(q):
    """A command line by Python's getopt."""
    try:
        found, rest = getopt.getopt(q["args"], q["short"], q["long"])
    except getopt.error as e:
        return {"error": str(e)}
    return {"found": found, "rest": rest}


class Refused(Exception):
    pass


def config(q):
    """A whole file by upstream's supervisord."""
    from supervisor import options
    os.environ.clear()
    os.environ.update(q["environ"])
    tempfile.tempdir = None

    class Server(options.ServerOptions):
        def usage(self, msg):
            raise Refused(str(msg))

    o = Server()
    try:
        o.realize(["-c", q["path"], *q["args"]], doc="")
    except Refused as e:
        return {"error": str(e)}
    return {"config": dump(o)}


def find(q):
    """Where upstream looks for a file, what it finds, and what it says if there is none."""
    from supervisor import options
    os.chdir(q["directory"])
    sys.argv[0] = q["argv0"]

    class Server(options.ServerOptions):
        def usage(self, msg):
            raise Refused(str(msg))

    o = Server()
    answer = {"searched": o.searchpaths}
    try:
        answer["found"] = o.default_configfile()
        o.searchpaths = ["/nonexistent/a", "/nonexistent/b"]
        o.default_configfile()
    except Refused as e:
        answer["refused"] = str(e)
    return answer


def ctl(q):
    """The settings of upstream's supervisorctl, from a file or from none at all."""
    from supervisor import options
    os.chdir(q["directory"])
    os.environ.clear()
    os.environ.update(q["environ"])

    class Client(options.ClientOptions):
        def usage(self, msg):
            raise Refused(str(msg))

    o = Client()
    o.searchpaths = []
    try:
        o.realize((["-c", q["path"]] if q["path"] else []) + ["pid"], doc="")
    except Refused as e:
        return {"error": str(e)}
    return {"settings": {n: getattr(o, n) for n in ("serverurl", "username", "password", "prompt", "history_file")}}


def dump(o):
    names = ("logfile logfile_maxbytes logfile_backups loglevel pidfile umask directory nodaemon silent minfds minprocs "
             "nocleanup childlogdir strip_ansi identifier uid").split()
    d = {n: getattr(o, n) for n in names}
    for n in ("nodaemon", "silent", "nocleanup", "strip_ansi"):
        d[n] = bool(d[n])
    d["environment"] = o.configroot.supervisord.environment
    d["serverurl"] = o.serverurl
    d["warnings"], d["infos"] = o.parse_warnings, o.parse_infos
    d["rpcinterfaces"] = [[n, extras] for n, _, extras in o.rpcinterface_factories]
    d["servers"] = []
    for s in o.server_configs:
        s = {k: v for k, v in s.items() if k not in ("family", "name")}
        if "chown" in s:
            s["chown"] = list(s["chown"])
        d["servers"].append(s)
    d["groups"] = [group(g) for g in o.process_group_configs]
    return d


def group(g):
    from supervisor import options
    members = {p.name: p for p in g.process_configs}  # as its ProcessGroup will keep them
    d = {"name": g.name, "priority": g.priority, "kind": type(g).__name__, "processes": [process(p) for p in members.values()]}
    if isinstance(g, options.EventListenerPoolConfig):
        from supervisor.events import getEventNameByType
        d["buffer_size"] = g.buffer_size
        d["events"] = sorted(getEventNameByType(e) for e in g.pool_events)
    if isinstance(g, options.FastCGIGroupConfig):
        s = g.socket_config
        d["socket"] = {"url": s.url, "backlog": s.backlog, "owner": getattr(s, "owner", None), "mode": getattr(s, "mode", None)}
    return d


def process(p):
    from supervisor import datatypes, options
    d = {n: getattr(p, n) for n in p.req_param_names + p.optional_param_names}
    for k, v in d.items():
        if v is datatypes.Automatic:
            d[k] = "AUTO"
        if v is datatypes.RestartUnconditionally:
            d[k] = True
        if v is datatypes.RestartWhenExitUnexpected:
            d[k] = "unexpected"
    for k in ("stdout_logfile", "stderr_logfile"):
        d[k] = d[k] or None  # an empty name is no file
    d["stopsignal"] = int(d["stopsignal"])
    return d


def main():
    try:
        from supervisor import options as _  # noqa
        upstream = True
    except Exception:
        upstream = False
    print(json.dumps({"version": list(sys.version_info[:2]), "upstream": upstream}), flush=True)
    home = os.getcwd()
    for line in sys.stdin:
        q = json.loads(line)
        print(json.dumps(globals()[q["op"]](q)), flush=True)
        os.chdir(home)


main()
