# The tour by Python's own xmlrpc.client: tour.py URL TOUR
import json
import sys
import xmlrpc.client

server = xmlrpc.client.ServerProxy(sys.argv[1], allow_none=True)
for name, *args in json.load(open(sys.argv[2])):
    try:
        method = server
        for part in name.split("."):
            method = getattr(method, part)
        answer = json.dumps(method(*args), sort_keys=True, ensure_ascii=False)
    except xmlrpc.client.Fault as fault:
        answer = f"fault {fault.faultCode} {fault.faultString}"
    print(name, json.dumps(args, ensure_ascii=False), answer)
