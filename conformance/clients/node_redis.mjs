// A session of node-redis, in RESP2 and RESP3. Prints what it got, one line a step; the test compares the lines of two servers.
// Usage: node node_redis.mjs PORT SCRIPTS(0|1)
import { createClient, WatchError } from "redis";

const port = Number(process.argv[2]);
const show = (step, value) => console.log(step, JSON.stringify(value));

async function session(RESP) {
  const open = () => createClient({ url: `redis://127.0.0.1:${port}`, RESP }).connect();
  const a = await open();
  await a.flushAll();

  show("set", [await a.set("k", "v", { EX: 1000 }), await a.get("k"), await a.get("missing")]);
  show("hash", [await a.hSet("h", { f: "1", g: "2" }), await a.hGetAll("h")]);
  show("together", await Promise.all([a.incr("n"), a.incrBy("n", 5), a.get("n"), a.mGet(["k", "missing"])]));
  show("zset", [await a.zAdd("z", [{ score: 1, value: "one" }, { score: 2.5, value: "two" }]), await a.zRangeWithScores("z", 0, -1)]);
  show("set type", [await a.sAdd("s1", ["x"]), await a.sMembers("s1")]);
  show("error", await a.lPush("k", "x").catch((error) => error.message));
  const keys = [];
  for await (const page of a.scanIterator()) keys.push(...[].concat(page));
  show("scan", keys.sort());

  show("multi", await a.multi().set("t", "1").incr("t").get("t").exec());
  show("watch", await (async () => {
    const watcher = await open();
    await watcher.watch("t");
    await a.set("t", "9");
    const outcome = await watcher.multi().get("t").exec().catch((error) => error instanceof WatchError);
    watcher.destroy();
    return outcome;
  })());

  const listener = await open();
  const heard = [];
  await listener.subscribe("news", (message, channel) => heard.push([channel, message]));
  await listener.pSubscribe("n*", (message, channel) => heard.push(["n*", channel, message]));
  await listener.sSubscribe("shard", (message, channel) => heard.push([channel, message]));
  show("publish", [await a.publish("news", "hello"), await a.publish("silence", "x"), await a.sPublish("shard", "y")]);
  await new Promise((resolve) => setTimeout(resolve, 50));
  show("heard", heard);
  await listener.unsubscribe("news");
  show("channels", [await a.pubSubChannels(), await a.pubSubNumPat()]);
  listener.destroy();

  show("xadd", [await a.xAdd("s", "1-1", { f: "v" }), await a.xAdd("s", "1-2", { f: "w" })]);
  show("xgroup", await a.xGroupCreate("s", "group", "0"));
  show("xreadgroup", await a.xReadGroup("group", "me", { key: "s", id: ">" }, { COUNT: 1 }));
  show("xack", [await a.xAck("s", "group", "1-1"), await a.xLen("s"), await a.xRange("s", "-", "+")]);
  const waiting = await open();
  const popped = waiting.blPop("queue", 5);
  await new Promise((resolve) => setTimeout(resolve, 50));
  await a.rPush("queue", ["first", "second"]);
  show("blpop", [await popped, await waiting.blPop("nothing", 0.01)]);
  waiting.destroy();

  show("config", await a.configGet("maxmemory-policy"));
  show("client", [await a.clientSetName("me"), await a.clientGetName(), (await a.clientInfo()).name]);
  show("script", [await a.eval("return {KEYS[1], ARGV[1], 3}", { keys: ["k"], arguments: ["x"] }), await a.scriptLoad("return 1")]);
  show("script error", await a.eval("return redis.call('LPUSH', 'k', 1)").catch((error) => error.message.slice(0, 9)));
  a.destroy();
}

for (const RESP of [2, 3]) {
  show("RESP", RESP);
  await session(RESP);
}
process.exit(0);
