"""A session of redis-py, in RESP2 and RESP3. Prints what it got, one line a step; the test compares the lines of two servers.

Usage: python3 redis_py.py PORT SCRIPTS(0|1)
"""

import sys
import threading
import time

import redis

port = int(sys.argv[1])


def show(step, *values):
    print(step, repr(values))


def attempt(call):
    try:
        return call()
    except redis.RedisError as error:
        return type(error).__name__, str(error)


def session(protocol):
    r = redis.Redis(port=port, protocol=protocol, decode_responses=True)
    r.flushall()

    show("values", r.set("k", "v", ex=1000), r.get("k"), r.get("missing"), r.ttl("k") > 990)
    show("pipeline", r.pipeline(transaction=False).set("n", 1).incr("n").hset("h", mapping={"f": 1, "g": 2}).hgetall("h").execute())
    show("zset", r.zadd("z", {"one": 1, "two": 2.5}), r.zrange("z", 0, -1, withscores=True), r.zscore("z", "two"))
    show("sets", r.sadd("s1", "x"), r.smembers("s1"), r.smismember("s1", ["x", "y"]))
    show("geo", r.geoadd("g", (13.361389, 38.115556, "Palermo")), r.geohash("g", "Palermo"))
    show("error", attempt(lambda: r.lpush("k", "x")))
    show("scan", sorted(r.scan_iter(count=2)))

    show("multi", r.pipeline().set("t", 1).incr("t").get("t").execute())
    with r.pipeline() as watching:
        watching.watch("t")
        r.set("t", 9)
        watching.multi()
        watching.get("t")
        show("watch", attempt(watching.execute)[0])
    show("transaction", r.transaction(lambda pipe: (pipe.get("t"), pipe.multi(), pipe.incr("t")), "t"))

    listener = r.pubsub()
    listener.subscribe("news")
    listener.psubscribe("n*")
    confirmed = [listener.get_message(timeout=5)["type"] for _ in range(2)]
    show("publish", confirmed, r.publish("news", "hello"), r.publish("silence", "x"))
    show("heard", [listener.get_message(timeout=5) for _ in range(2)])
    listener.unsubscribe()
    listener.get_message(timeout=5)
    show("channels", r.pubsub_channels(), r.pubsub_numpat(), r.pubsub_numsub("news"))
    listener.close()

    show("xadd", r.xadd("s", {"f": "v"}, id="1-1"), r.xadd("s", {"f": "w"}, id="1-2"))
    show("xgroup", r.xgroup_create("s", "group", "0"), r.xreadgroup("group", "me", {"s": ">"}, count=1))
    show("xack", r.xack("s", "group", "1-1"), r.xpending("s", "group"), r.xrange("s"))
    show("xinfo", r.xinfo_stream("s")["length"], [group["name"] for group in r.xinfo_groups("s")])

    pushing = threading.Thread(target=lambda: (time.sleep(0.05), redis.Redis(port=port).rpush("queue", "first", "second")))
    pushing.start()
    show("blpop", r.blpop("queue", timeout=5), r.blpop("nothing", timeout=0.01), r.lrange("queue", 0, -1))
    pushing.join()

    with r.monitor() as monitor:
        r.set("m", "1")
        line = monitor.next_command()
        while line["command"] != "SET m 1":
            line = monitor.next_command()
        show("monitor", line["db"], line["client_type"])
    r.config_set("slowlog-log-slower-than", 0)
    r.slowlog_reset()
    r.get("k")
    r.config_set("slowlog-log-slower-than", 10000)
    slow = r.slowlog_get()
    show("slowlog", sorted(slow[-1]), [entry["command"] for entry in slow if b"GET k" in entry["command"] or "GET k" in str(entry["command"])])
    show("latency", r.latency_latest(), r.latency_reset())
    show("info", r.info("server")["redis_version"], sorted(r.info("errorstats")) != [])
    show("client", r.client_setname("me"), r.client_getname(), r.client_list(_type="pubsub"), r.client_no_evict("ON"))
    show("config", r.config_get("maxmemory-policy"))
    add = r.register_script("return redis.call('INCRBY', KEYS[1], ARGV[1])")
    show("script", add(keys=["c"], args=[5]), add(keys=["c"], args=[6]), r.eval("return {1, 'two', {3}, false}", 0))
    show("script error", attempt(lambda: r.eval("return redis.call('LPUSH', 'k', 1)", 0))[0])


for protocol in (2, 3):
    show("RESP", protocol)
    session(protocol)
