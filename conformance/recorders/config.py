#!/usr/bin/env python3
"""Records how a real redis-server 7.0.15 treats its configuration.

    python3 conformance/recorders/config.py core/tests/data

writes, from the `redis-server` on the PATH and nothing else:

    config_get.txt     CONFIG GET of every name on a fresh server
    config_set.txt     for every name a list of CONFIG SET tries: arguments, reply, CONFIG GET afterwards
    config_files.txt   the cases of config_cases.txt (beside this script) with their outcome: what was printed
                       when the server refused to start, or what differs from the defaults; rewritten files

Which values are tried follows from what the server says to a value that makes no sense: it names the words, the
range, or the kind that it wants. The servers listen on Unix sockets (and, for the tries of `port`, on 23051).
Words in the recordings are quoted as in a configuration file; the temporary directory is written /DIR.
"""

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time

HIDDEN = ["use-exit-on-panic", "watchdog-period", "rdb-key-save-delay", "key-load-delay",
          "loading-process-events-interval-bytes", "lua-enable-deprecated-api"]
INTEGERS = ["", "0", "1", "2", "-1", "-0", "+1", "01", " 1", "1 ", "1.5", "1e3", "0x10", "10", "1kb", "5%", "1\0",
            "2147483647", "2147483648", "-2147483648", "-2147483649", "4294967295", "4294967296",
            "9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809"]
SIZES = ["", "0", "1", "-1", "+1", "01", " 1", "1 ", "1.5", "1b", "1k", "1kb", "1Kb", "1m", "1MB", "1g", "1gb", "1t",
         "kb", "1 kb", "2mb", "100mb", "5%", "100%", "101%", "0%", "-5%", "%", "05%", "1\0", "9" * 127, "9" * 128,
         "1048575", "9223372036854775807", "9223372036854775808", "18446744073709551615", "18446744073709551616",
         "18014398509481984kb"]
FLAGS = ["yes", "no", "YES", "No", "", "1", "true", "yes ", " yes", "yes\0", "no\0x", "y"]
STRINGS = ["plain", "", "with blank", "a/b", "a\\b", "nul\0byte", "\"quoted\"", "line\r\nend", "\xff\xfe", "yes",
           "x" * 255, "x" * 256, "a.b-c", "a_b", "{title}", "{port}", "{listen-addr} {server-mode}", "{", "}", "{{x",
           "{title} x", "{unknown}", "{unixsocket}", "{config-file}", "{tls-port}{port}", " {server-mode} "]
SPECIAL = {
    "save": ["", "900 1", "900 1 300 10", "900", "900 1 300", "900  1", "900 1 ", "900 ", " 900 1", "0 1", "-1 1", "1 -1",
             "a 1", "1 b", "1 0", "3600 99999999999", "99999999999 1", "+900 +1", "0x10 1", "\t900 1",
             "99999999999999999999 1"],
    "client-output-buffer-limit": [
        "", "normal 0 0 0", "normal 1gb 2gb 3", "slave 1 2 3", "REPLICA 4 5 6", "pubsub 1k 1kb 1", "PubSub 0 0 0",
        "master 0 0 0", "none 0 0 0", "normal 0 0", "normal 0 0 0 0", "normal 0 0 0 slave 0 0 0", "normal x 0 0",
        "normal 0 x 0", "normal 0 0 x", "normal 0 0 -1", "normal 0 0 5000000000", "normal 0 0 3000000000", "normal -1 0 0",
        "normal 100gb 100gb 1 normal 200gb 0 2", "slave 1 1 1 none 1 1 1", "normal  0 0 0", "normal 18446744073709551615 0 0",
        "normal 0 0 ", "slave 268435456 67108864 60 pubsub 33554432 8388608 60 normal 0 0 0"],
    "oom-score-adj-values": ["", "0 200 800", "1 2", "1 2 3 4", "1 2 3", "-2000 0 2000", "-2001 0 0", "0 0 2001", "a b c",
                             "1  2", "1 2 ", " 1 2", "+1 +2 +3", "3 2 1", "1.5 2 3"],
    "notify-keyspace-events": ["", "A", "AKE", "KEA", "Ex", "g$lshzxetd", "g$lshzxet", "An", "Am", "AmnKE", "nm", "KK",
                               "Q", "A ", "a", "KEt", "E\0K", "dn"],
    "bind": ["127.0.0.1", "127.0.0.1 127.0.0.2", "127.0.0.1  127.0.0.2", "-192.0.2.1 127.0.0.1", "192.0.2.1", "nonsense!",
             " ".join(["127.0.0.1"] * 17), "-192.0.2.1", "", "127.0.0.1"],
    "port": ["0", "23051", "23051", "65536", "-1", "", "x", "0x1", "0"],
    "latency-tracking-info-percentiles": [
        "", "50", "50 99 99.9", "0 100", "101", "-1", "100.1", "x", "50 x", "50  99", "50 ", "1e1", "0x10", "inf", "nan",
        "-0", "99.12345678", ".5", "5.", "+5", "1e-9", "0x1p3", "0x.8", "0x", "infinity", "1e400", "1e-400", "1_0", "1f"],
    "shutdown-on-sigterm": ["default", "save", "nosave", "now", "force", "save now", "now save", "SAVE", "save nosave",
                            "force now nosave", "default save", "save default", "now now", "", "x", "save ", "save  now",
                            "save x", "default"],
    "dir": ["/DIR", "/DIR/none", "", "/DIR"],
    "maxclients": ["1", "100", "0", "-1", "", "x", "4294967296", "4294967295", "10000"],
    "watchdog-period": ["0", "-1", "x", "2147483648", "10000", "0"],
}
SPECIAL["shutdown-on-sigint"] = SPECIAL["shutdown-on-sigterm"]
ALIASED_TRIES = ["", "yes", "no", "1", "100", "-1", "x", "1kb"]
SEVERAL = [
    ["maxmemory", "1mb", "hz", "20"], ["maxmemory", "2mb", "hz", "x"], ["hz", "x", "maxmemory", "3mb"],
    ["maxmemory", "1mb", "maxmemory", "2mb"], ["maxmemory", "1mb", "MAXMEMORY", "2mb"],
    ["replica-priority", "5", "slave-priority", "6"], ["slave-priority", "7", "replica-priority", "x"],
    ["maxmemory", "1mb", "nothing", "1"], ["databases", "1", "nothing", "1"], ["nothing", "1", "databases", "1"],
    ["nothing", "1", "other", "2"], ["maxmemory", "x", "databases", "5"], ["MaxMemory", "x"], ["Slave-Priority", "x"],
    ["no\r\nsuch", "1"], ["nul\0name", "1"], ["", "1"], ["dbfilename", "x", "nothing", "1"], ["hz", "1000", "timeout", "1"],
    ["hz", "0"], ["hz", "10", "timeout", "0", "save", "1 1", "maxmemory", "0", "loglevel", "debug"],
    ["save", "1 1", "appendfsync", "sometimes"], ["tls-cluster", "yes", "hz", "11"], ["hz", "12", "tls-port", "23052"],
    ["loglevel", "notice", "hz", "10", "save", "3600 1 300 100 60 10000"],
]


class Server:
    """A redis-server in a directory of its own."""

    def __init__(self, directory, arguments, stdin=None):
        self.directory = directory
        self.socket_path = os.path.join(directory, "socket")
        self.process = subprocess.Popen(["redis-server", *arguments], cwd=directory, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if stdin is not None:
            self.process.stdin.write(stdin)
        self.process.stdin.close()
        self.connection = None
        for _ in range(500):
            if self.process.poll() is not None:
                return
            try:
                self.connection = socket.socket(socket.AF_UNIX)
                self.connection.connect(self.socket_path)
                break
            except OSError:
                time.sleep(0.01)
        else:
            raise RuntimeError(f"no server at {self.socket_path}: {arguments}")
        self.reader = self.connection.makefile("rb")
        self.call("CLIENT", "NO-EVICT", "ON")

    def call(self, *words):
        data = b"*%d\r\n" % len(words)
        for word in words:
            word = word if isinstance(word, bytes) else word.encode("latin-1")
            data += b"$%d\r\n%s\r\n" % (len(word), word)
        self.connection.sendall(data)
        return self.reply()

    def reply(self):
        line = self.reader.readline()
        kind, text = line[:1], line[1:-2]
        if kind == b"$":
            return self.reader.read(int(text) + 2)[:-2] if int(text) >= 0 else None
        if kind == b"*":
            return [self.reply() for _ in range(int(text))]
        return text

    def get(self, *names):
        flat = self.call("CONFIG", "GET", *names)
        return dict(zip(flat[::2], flat[1::2]))

    def output(self):
        return self.process.stdout.read()

    def stop(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


def quoted(text):
    """`text` in double quotes, as a configuration file would have it."""
    text = text if isinstance(text, bytes) else text.encode("latin-1")
    named = {0x5c: "\\\\", 0x22: '\\"', 10: "\\n", 13: "\\r", 9: "\\t", 7: "\\a", 8: "\\b"}
    return '"' + "".join(named.get(b) or (chr(b) if 32 <= b < 127 else "\\x%02x" % b) for b in text) + '"'


def record_get(server):
    names = sorted(name.decode() for name in server.get("*")) + HIDDEN
    values = [(name, server.get(name)[name.encode()]) for name in names]
    return "".join(f"{name} {quoted(value)}\n" for name, value in values)


def tries_of(server, name):
    if name in SPECIAL:
        return SPECIAL[name]
    reply = server.call("CONFIG", "SET", name, "\x01nonsense").decode()
    if "immutable" in reply:
        return ["", "1"]
    if "'yes' or 'no'" in reply:
        return FLAGS
    words = re.search(r"one of the following: (.*)", reply)
    if words:
        words = words[1].split(", ")
        return words + [words[0].upper(), words[0] + " ", words[0] + "\0x", "", " ".join(words[:2]), words[0]]
    values = SIZES if "memory" in reply else INTEGERS if "integer" in reply else STRINGS
    bounds = re.search(r"between (-?\d+) and (\d+) ", server.call("CONFIG", "SET", name, "-9223372036854775808").decode())
    if bounds is None:
        bounds = re.search(r"between (-?\d+) and (\d+) ", server.call("CONFIG", "SET", name, "9223372036854775808").decode())
    if bounds and values is not STRINGS:
        low, high = int(bounds[1]), int(bounds[2])
        values = values + [str(v) for v in (low - 1, low, low + 1, high - 1, high, high + 1)]
    return values


def record_set(server, directory):
    hide = lambda text: text.replace(directory, "/DIR")
    lines = []

    def attempt(*pairs):
        sent = [word.replace("/DIR", directory) for word in pairs]
        reply = server.call("CONFIG", "SET", *sent)
        after = [server.get(name).get(name.encode()) for name in sent[::2]]
        values = " ".join("-" if value is None else quoted(value) for value in after)
        lines.append(hide(f"{' '.join(map(quoted, sent))}\t{quoted(reply)}\t{values}\n"))

    names = sorted(name.decode() for name in server.get("*")) + HIDDEN
    old = {"slaveof", "lua-time-limit"} | {n for n in names if "slave" in n or "ziplist" in n}
    for name in names:
        before = server.get(name)[name.encode()].decode("latin-1")
        for value in (ALIASED_TRIES if name in old else tries_of(server, name)):
            attempt(name, value)
        attempt(name, before)
    for pairs in SEVERAL:
        attempt(*pairs)
    return "".join(lines)


def sections(text):
    """Splits a file of cases: `=== name`, then parts that begin with `--- head`."""
    for case in re.split(r"^=== ", text, flags=re.M)[1:]:
        name, _, rest = case.partition("\n")
        parts = [part.partition("\n")[::2] for part in re.split(r"^--- ", rest, flags=re.M)[1:]]
        yield name, parts


def run_case(parts, defaults):
    directory = tempfile.mkdtemp()
    hide = lambda data: data.replace(directory.encode(), b"/DIR")
    unescape = lambda text: text.encode("latin-1").decode("unicode_escape").encode("latin-1")
    arguments, stdin, out = [], None, []
    for head, body in parts:
        out.append(f"--- {head}\n{body}")
        word, _, rest = head.partition(" ")
        # The last line end belongs to the format; `file!` has escapes, and no line end of its own.
        if word == "file":
            open(os.path.join(directory, rest), "wb").write(body.encode("latin-1"))
        elif word == "file!":
            open(os.path.join(directory, rest), "wb").write(unescape(body[:-1]))
        elif word == "arguments":
            arguments = [line.encode().decode("unicode_escape") for line in body.splitlines()]
        elif word == "stdin":
            stdin = body.encode("latin-1")
    server = Server(directory, arguments, stdin)
    if server.process.poll() is not None:
        lines = server.output().decode("latin-1").split("\n")
        text = "\n".join(re.sub(r"^\d+:\w .*? [.\-*#] ", "", line) for line in lines if "oO0OoO0OoO0Oo" not in line)
        out.append(hide(f"--- fails {server.process.returncode}\n{text}".encode()).decode("latin-1"))
    else:
        for head, body in parts:
            if head == "commands":
                for line in body.splitlines():
                    out.append(f"--- reply\n{server.call(*line.split(' ')).decode()}\n")
        values = server.get(*defaults)
        changed = [(name, hide(value)) for name, value in sorted(values.items()) if hide(value) != defaults[name]]
        listed = "".join(f"{name.decode()} {quoted(value)}\n" for name, value in changed)
        out.append(f"--- differs\n{listed}")
        for head, _ in parts:
            if head.startswith("file") and "commands" in [h for h, _ in parts]:
                path = head.split(" ")[1]
                data = hide(open(os.path.join(directory, path), "rb").read()).decode("latin-1")
                out.append(f"--- after {path}\n{data}")
    server.stop()
    shutil.rmtree(directory)
    return "".join(out)


def main(target):
    directory = tempfile.mkdtemp()
    options = ["--port", "0", "--unixsocket", "socket", "--dir", directory]
    header = "# Recorded by conformance/recorders/config.py from redis-server 7.0.15 with:\n"
    server = Server(directory, options)
    text = record_get(server).replace(directory, "/DIR")
    defaults = server.get("*") | server.get(*HIDDEN)
    server.stop()
    shown = " ".join(options).replace(directory, "/DIR")
    open(os.path.join(target, "config_get.txt"), "w").write(f"{header}# {shown}\n{text}")

    options += ["--enable-debug-command", "yes", "--enable-protected-configs", "yes", "--bind", "127.0.0.1"]
    server = Server(directory, options)
    text = record_set(server, directory)
    server.stop()
    shown = " ".join(options).replace(directory, "/DIR")
    open(os.path.join(target, "config_set.txt"), "w").write(f"{header}# {shown}\n{text}")
    shutil.rmtree(directory)

    defaults = {name: b"/DIR" if name == b"dir" else value for name, value in defaults.items()}
    cases = open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "config_cases.txt"), encoding="latin-1").read()
    with open(os.path.join(target, "config_files.txt"), "w", encoding="latin-1") as out:
        out.write("# Recorded by conformance/recorders/config.py from redis-server 7.0.15.\n")
        for name, parts in sections(cases):
            out.write(f"=== {name}\n{run_case(parts, defaults)}")


if __name__ == "__main__":
    main(sys.argv[1])
