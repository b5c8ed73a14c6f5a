#!/usr/bin/env python3
"""Records what a real redis-server says of its commands, as test data for core/tests/command_tables.rs.

    command_tables.py PORT info > core/tests/data/command_info.txt
    command_tables.py PORT docs > core/tests/data/command_docs.txt
    command_tables.py PORT keys > core/tests/data/command_keys.txt

One line a command or subcommand, sorted by name. RESP3, written as

    'bulk'  +status  -error  :1  _ (null)  [array]  ~[set]  %[key value …]

Taken out: summaries (Etalon has its own sentences), and subcommands, which have lines of their own (Redis lists
them in random order).
"""
import random
import socket
import sys


class Connection:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.file = self.socket.makefile("rb")

    def call(self, *args):
        request = b"*%d\r\n" % len(args)
        for arg in args:
            arg = arg.encode()
            request += b"$%d\r\n%s\r\n" % (len(arg), arg)
        self.socket.sendall(request)
        return self.read()

    def read(self):
        line = self.file.readline()[:-2].decode()
        kind, rest = line[0], line[1:]
        if kind == "$":
            return ("'", self.file.read(int(rest) + 2)[:-2].decode())
        if kind in "*~":
            return (kind, [self.read() for _ in range(int(rest))])
        if kind == "%":
            return (kind, [self.read() for _ in range(2 * int(rest))])
        return (kind, rest)


def show(value):
    kind, content = value
    if kind in "*~%":
        return kind.strip("*") + "[" + " ".join(map(show, content)) + "]"
    if kind == "'":
        return "'" + content.replace("\\", "\\\\").replace("'", "\\'") + "'"
    return kind + content


def info(connection):
    lines = []

    def collect(entry):
        facts = entry[1]
        lines.append(f"{facts[0][1]} {show(('*', facts[1:9]))}")
        for sub in facts[9][1]:
            collect(sub)

    for entry in connection.call("COMMAND")[1]:
        collect(entry)
    return lines


def docs(connection):
    lines = []

    def collect(name, facts):
        pairs = list(zip(facts[::2], facts[1::2]))
        kept = [x for pair in pairs if pair[0][1] not in ("summary", "subcommands") for x in pair]
        lines.append(f"{name} {show(('%', kept))}")
        for key, value in pairs:
            if key[1] == "subcommands":
                for sub, sub_facts in zip(value[1][::2], value[1][1::2]):
                    collect(sub[1], sub_facts[1])

    reply = connection.call("COMMAND", "DOCS")[1]
    for name, facts in zip(reply[::2], reply[1::2]):
        collect(name[1], facts[1])
    return lines


def keys(connection):
    """Calls with few and many arguments and with the words that matter, and the keys found in them."""
    draw = random.Random(7)
    words = ["a", "b", "c", "1", "2", "3", "0", "-1", "GET", "store", "STREAMS", "keys", "x", "", "help"]
    names = [line.split(" ")[0] for line in info(connection)]
    lines = []
    for name in names:
        for _ in range(6):
            call = name.split("|") + [draw.choice(words) for _ in range(draw.choice([0, 1, 1, 2, 2, 3, 3, 4, 5, 7]))]
            if len(call) < 2:
                call.append("a")
            reply = connection.call("COMMAND", "GETKEYSANDFLAGS", *call)
            shown = show(("*", [("'", arg) for arg in call]))
            lines.append(f"{name} {shown} {show(reply)}")
    return lines


def main():
    connection = Connection(int(sys.argv[1]))
    connection.call("HELLO", "3")
    lines = {"info": info, "docs": docs, "keys": keys}[sys.argv[2]](connection)
    print("\n".join(sorted(lines)))


main()
