// A session of ioredis. Prints what it got, one line a step; the test compares the lines of two servers.
// Usage: node ioredis.mjs PORT SCRIPTS(0|1)
import Redis from "ioredis";

const port = Number(process.argv[2]);
const open = (options = {}) => new Redis({ port, host: "127.0.0.1", maxRetriesPerRequest: 1, ...options });
const show = (step, value) => console.log(step, JSON.stringify(value));

const a = open();
const b = open({ keyPrefix: "p:" });

// Values, and a pipeline with an error in its middle.
show("set", await a.set("k", "v", "EX", 1000));
show("get", [await a.get("k"), await a.get("missing"), await a.getBuffer("k")]);
show("prefix", [await b.set("k", "other"), await a.get("p:k")]);
const piped = await a.pipeline().set("n", 1).incr("n").lpush("k", "x").hset("h", { f: "1", g: "2" }).hgetall("h").exec();
show("pipeline", piped.map(([error, value]) => (error ? error.message : value)));
show("mget", await a.mget("k", "missing", "n"));
show("zset", [await a.zadd("z", 1, "one", "2.5", "two"), await a.zrange("z", 0, -1, "WITHSCORES")]);
show("error", await a.lpush("k", "x").catch((error) => error.message));
show("scan", await new Promise((resolve) => {
  const keys = [];
  a.scanStream({ match: "*" }).on("data", (page) => keys.push(...page)).on("end", () => resolve(keys.sort()));
}));

// A transaction, one that is refused, and one that a change outdates.
const done = await a.multi().set("t", 1).incr("t").get("t").exec();
show("multi", done);
show("watch", [await a.watch("t"), await b.disconnect(), await open().set("t", 9), await a.multi().get("t").exec()]);
show("execabort", await a.multi().set("only-a-key").exec().catch((error) => error.message));

// Publish and subscribe.
const listener = open();
const heard = [];
listener.on("message", (channel, message) => heard.push([channel, message]));
listener.on("pmessage", (pattern, channel, message) => heard.push([pattern, channel, message]));
show("subscribe", [await listener.subscribe("news", "other"), await listener.psubscribe("n*")]);
show("publish", [await a.publish("news", "hello"), await a.publish("nobody-but-n", "x"), await a.publish("silence", "x")]);
await listener.ping();
show("heard", heard);
show("unsubscribe", [await listener.unsubscribe("news"), await a.pubsub("NUMSUB", "news", "other")]);

// A stream with a group, and clients that wait.
const ids = [await a.xadd("s", "1-1", "f", "v"), await a.xadd("s", "1-2", "f", "w", "g", "x")];
show("xadd", ids);
show("xgroup", await a.xgroup("CREATE", "s", "group", "0"));
show("xreadgroup", await a.xreadgroup("GROUP", "group", "me", "COUNT", 1, "STREAMS", "s", ">"));
show("xack", [await a.xack("s", "group", "1-1"), await a.xlen("s"), await a.xrange("s", "-", "+")]);
const waiting = open();
const popped = waiting.blpop("queue", 5);
const read = open().xread("BLOCK", 5000, "STREAMS", "s", "1-2");
await new Promise((resolve) => setTimeout(resolve, 50));
await a.rpush("queue", "first", "second");
await a.xadd("s", "1-3", "f", "y");
show("blpop", [await popped, await waiting.brpop("nothing", 0.01), await a.lrange("queue", 0, -1)]);
show("xread", await read);

// What is monitored.
const monitor = await open().monitor();
const seen = [];
monitor.on("monitor", (time, args, source, database) => {
  if (args.includes("m")) seen.push([typeof time, args, database]);
});
await a.set("m", "1");
await a.select(1);
await a.get("m");
for (let waited = 0; seen.length < 2 && waited < 100; waited++) await new Promise((resolve) => setTimeout(resolve, 10));
show("monitor", seen);
await a.select(0);

a.defineCommand("addTo", { numberOfKeys: 1, lua: "return redis.call('INCRBY', KEYS[1], ARGV[1])" });
show("script", [await a.addTo("c", 5), await a.addTo("c", 6), await a.eval("return {1, 'two', {3}, false}", 0)]);
show("script error", await a.eval("return redis.call('LPUSH', 'k', 1)", 0).catch((error) => error.message.slice(0, 9)));
process.exit(0);
